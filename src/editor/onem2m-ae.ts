import { checkOnem2mAe } from './checks/onem2m';
import { typedCredentials } from './credentials';
import type { Dialog } from './dialog';
import { createNodeEditor } from './node-editor';
import { createResourceBrowser } from './onem2m-browser';
import { wireEndpoint } from './onem2m-endpoint';
import { objectOf, pairsOf } from './onem2m-forms';
import { createDevicesPreview, createWirePreview, showParts, wireWords } from './onem2m-parts';
import { createCseRequests } from './onem2m-requests';
import { createTables } from './onem2m-tables';
import { createCseTest } from './onem2m-test';
import { createPairsTable } from './pairs-table';
import { setAt, valueAt } from './paths';

/** The functions that onem2m-ae.html calls. */
export const onem2mAe = createNodeEditor({
  type: 'onem2m-ae',
  check: checkOnem2mAe,
  prepare(dialog) {
    const credentials = () => typedCredentials(dialog);
    wireEndpoint(dialog);
    wireWords(dialog, {
      select: '[data-notify-mode]',
      row: '[data-notify-url]',
      path: 'notify',
      words: ['', 'poll'],
      own: 'endpoint',
      blank: '',
    });
    wireWords(dialog, {
      select: '[data-poa-mode]',
      row: '[data-poa]',
      path: 'ae.pointOfAccess',
      words: ['auto'],
      own: 'own',
      blank: [],
    });
    showParts(dialog);
    createWirePreview(dialog);
    createDevicesPreview(dialog);
    createFlexAttributes(dialog);
    const subscriptions = createTables(dialog);
    createCseTest(dialog, credentials);
    if (subscriptions !== undefined) {
      createResourceBrowser(dialog, subscriptions, createCseRequests(dialog, credentials));
    }
  },
});

const ATTRIBUTES = 'devices.flexContainer.attributes';

/** Which attribute of a flexContainer a property becomes. */
function createFlexAttributes(dialog: Dialog): void {
  const place = dialog.form.querySelector<HTMLElement>('[data-flex-attributes]');
  if (place === null) return;
  const { text } = dialog;
  const lines = pairsOf(valueAt(dialog.draft, ATTRIBUTES));
  const texts = {
    name: text('flex.property'),
    value: text('flex.attribute'),
    add: text('flex.add'),
    remove: text('flex.remove'),
    placeholder: text('flex.property'),
  };
  createPairsTable(place, lines, texts, () => {
    setAt(dialog.draft, ATTRIBUTES, objectOf(lines));
    dialog.refresh();
  });
}
