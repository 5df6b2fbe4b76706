/**
 * Runs in the page of the editor: opens the dialog of a node, shows the tab of its table, saves it unchanged and waits until it is gone.
 * @returns `{ openMs, tabMs, letterMs, saveMs }`; `tabMs` and `letterMs` only where there is a tab
 */
export async function measureDialog({ id, tab }) {
  const { RED, $, document } = globalThis;
  const frame = () => new Promise((resolve) => globalThis.requestAnimationFrame(() => setTimeout(resolve)));
  const until = async (isSo) => {
    while (!isSo()) await frame();
  };
  const trays = () => [...document.querySelectorAll('.red-ui-tray')];

  const begin = performance.now();
  RED.editor.edit(RED.nodes.node(id));
  await until(() => document.querySelector('#node-input-name') !== null);
  await until(() => trays().length === 1 && globalThis.getComputedStyle(trays()[0]).right === '0px');
  const openMs = performance.now() - begin;

  let tabMs;
  let letterMs;
  if (tab !== undefined) {
    const chosen = performance.now();
    // Node-RED's tabs listen to the parts of a click.
    for (const part of ['mousedown', 'mouseup', 'click']) {
      $(`#red-ui-tab-devicelink-tab-${tab} a`).trigger(part);
    }
    // The first row can be typed into.
    await until(() => {
      const place = document.querySelector(`[data-tab="${tab}"] .devicelink-property input`);
      return place !== null && place.getClientRects().length > 0;
    });
    tabMs = performance.now() - chosen;
    const field = document.querySelector(`[data-tab="${tab}"] .devicelink-property input`);
    const typed = performance.now();
    field.dispatchEvent(new globalThis.Event('input', { bubbles: true }));
    letterMs = performance.now() - typed;
  }
  // What Node-RED's tray does 350 ms after it has begun to slide must not fall into the measurement of the next one.
  await until(() => performance.now() - begin > 500 && $(':animated').length === 0);

  const saving = performance.now();
  document.querySelector('#node-dialog-ok').click();
  const saveMs = performance.now() - saving;
  await until(() => trays().length === 0);
  return { openMs, tabMs, letterMs, saveMs };
}
