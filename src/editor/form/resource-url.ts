/** The address of a file of ours beside the script of the dialogs, whatever the package is called and wherever the editor is. */
export function resourceUrl(name: string): string {
  const own = document.querySelector<HTMLScriptElement>('script[src$="/devicelink-editor.js"]');
  return (own?.src ?? 'resources/devicelink-editor.js').replace(/devicelink-editor\.js$/, name);
}
