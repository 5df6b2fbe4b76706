import { element } from '../form/elements';

/** Puts a text on the clipboard; also where the page came by plain http, to which browsers give no clipboard. */
export function copyText(text: string): void {
  const clipboard = (navigator as { clipboard?: Clipboard }).clipboard;
  if (clipboard === undefined) copyBySelection(text);
  else void clipboard.writeText(text).catch(() => copyBySelection(text));
}

function copyBySelection(text: string): void {
  const area = element('textarea', { 'aria-hidden': 'true' });
  area.value = text;
  area.style.position = 'fixed';
  area.style.opacity = '0';
  document.body.append(area);
  area.select();
  // The only way without a secure context.
  // eslint-disable-next-line @typescript-eslint/no-deprecated
  document.execCommand('copy');
  area.remove();
}
