import '@node-red/editor-client';

declare module '@node-red/editor-client' {
  // eslint-disable-next-line @typescript-eslint/no-unused-vars -- the parameter must be there to add to the interface
  interface WidgetEditableListOptions<T> {
    /** Missing in @types/node-red__editor-client 1.3.11. */
    buttons?: readonly { readonly label: string; readonly icon: string; readonly click: () => void }[];
  }
}
