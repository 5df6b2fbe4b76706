import { checkOnem2mAe } from './checks';
import { typedCredentials } from '../../../src/editor/dialog/credentials';
import type { Dialog } from '../../../src/editor/dialog/dialog';
import { createNodeEditor } from '../../../src/editor/dialog/node-editor';
import { createResourceBrowser } from './browser';
import { wireEndpoint } from './endpoint';
import { objectOf, pairsOf } from './forms';
import { createDevicesPreview, createWirePreview, showParts, wireWords } from './parts';
import { createCseRequests } from './requests';
import { createTables } from './tables';
import { createCseTest } from './test';
import { createPairsTable } from '../../../src/editor/table/pairs-table';
import { AE_MIGRATIONS } from '../../../src/onem2m/ae/parse/migrations';
import { parseAeConfig } from '../../../src/onem2m/ae/parse/parse-config';
import { setAt, valueAt } from '../../../src/editor/form/paths';

/** The functions that onem2m-ae.html calls. */
export const onem2mAe = createNodeEditor({
  type: 'onem2m-ae',
  check: checkOnem2mAe,
  kept: { migrations: AE_MIGRATIONS },
  tell: (raw) => parseAeConfig(raw).warnings ?? [],
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
