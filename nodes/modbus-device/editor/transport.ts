import type { SerialPortInfo } from '../../../src/drivers/modbus/channel/serial-ports';
import { TRANSPORTS } from '../../../src/drivers/modbus/config/link';
import { demand } from '../../../src/editor/form/ask';
import type { Dialog } from '../../../src/editor/dialog/dialog';
import { element, spinner, textButton } from '../../../src/editor/form/elements';
import { setAt, valueAt } from '../../../src/editor/form/paths';

const TIMEOUT_MS = 10_000;

/** Shows the rows of the transport that is chosen; those of the others keep what is in them. */
export function wireTransport(dialog: Dialog): void {
  const { draft, form } = dialog;
  const given = TRANSPORTS.find((name) => valueAt(draft, `protocol.${name}`) !== undefined) ?? 'tcp';
  if (valueAt(draft, 'protocol.transport') === undefined && given !== 'tcp') {
    setAt(draft, 'protocol.transport', given);
    dialog.show();
  }
  dialog.onRefresh(() => {
    const chosen = valueAt(draft, 'protocol.transport') ?? 'tcp';
    // What is chosen is there, so that what is missing in it can be told.
    const known = TRANSPORTS.find((name) => name === chosen);
    if (known !== undefined && valueAt(draft, `protocol.${known}`) === undefined) {
      setAt(draft, `protocol.${known}`, { workerID: 1 });
    }
    for (const part of form.querySelectorAll<HTMLElement>('[data-transport]')) {
      part.hidden = part.dataset['transport'] !== chosen;
    }
    const isTls = valueAt(draft, 'protocol.tcp.framing') === 'tls';
    for (const part of form.querySelectorAll<HTMLElement>('[data-tls]')) part.hidden = !isTls;
  });
}

/** A button that lists the serial ports of the machine that Node-RED runs on; choosing one fills the field. */
export function createPortList(dialog: Dialog): void {
  const button = dialog.form.querySelector<HTMLButtonElement>('[data-list-ports]');
  const place = dialog.form.querySelector<HTMLElement>('[data-ports]');
  if (button === null || place === null) return;
  const choose = (path: string): void => {
    setAt(dialog.draft, 'protocol.rtu.endpoint', path);
    dialog.show();
  };
  button.addEventListener('click', () => {
    button.disabled = true;
    place.replaceChildren(spinner());
    void demand<{ ports: readonly SerialPortInfo[] }>('GET', 'modbus/serial-ports', undefined, TIMEOUT_MS)
      .then(({ ports }) => {
        place.replaceChildren(ports.length === 0 ? dialog.text('modbus.noPorts') : listOf(ports, dialog, choose));
      })
      .catch((error: unknown) => {
        place.replaceChildren(element('div', { class: 'devicelink-wrong' }, (error as Error).message));
      })
      .finally(() => {
        button.disabled = false;
      });
  });
}

function listOf(ports: readonly SerialPortInfo[], { text }: Dialog, choose: (path: string) => void): HTMLElement {
  const rows = ports.map(({ path, name, maker }) => {
    const use = textButton(text('modbus.use'), () => choose(name ?? path));
    use.classList.add('red-ui-button-small');
    use.setAttribute('aria-label', `${text('modbus.use')}: ${name ?? path}`);
    const detail = [maker, name === undefined ? undefined : path].filter((part) => part !== undefined).join(', ');
    return element('tr', {}, element('td', {}, name ?? path, element('small', {}, detail)), element('td', {}, use));
  });
  return element('table', { class: 'devicelink-readings devicelink-endpoints' }, element('tbody', {}, ...rows));
}
