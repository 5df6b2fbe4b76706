import { DUMMY_MIGRATIONS } from '../../../src/drivers/dummy/migrations';
import { parseDummyConfig } from '../../../src/drivers/dummy/config';
import { SIGNAL_SHAPES } from '../../../src/drivers/dummy/signal';
import { VALUE_TYPES } from '../../../src/base/values/index';
import { createDeviceEditor } from '../../../src/editor/device/device-dialog';
import type { RowLayout } from '../../../src/editor/table/property-row';
import { accessColumn, selectField, textField, typeColumn } from '../../../src/editor/table/row-fields';

/** The columns of a property of the random robot. */
export const layout: RowLayout = {
  titles: (text) => [text('properties.type'), text('properties.accessMode')],
  className: 'devicelink-device-columns',
  columns: ({ text }) => [typeColumn(text, VALUE_TYPES), accessColumn(text)],
  details: ({ text }) => [
    selectField(text, 'signal.shape', 'signal.shape', [
      ['', text('signal.inherited')],
      ...SIGNAL_SHAPES.map((shape) => [shape, text(`signal.${shape}`)] as const),
    ]),
    textField(text, 'signal.period', 'signal.period'),
    textField(text, 'signal.min', 'signal.min', { kind: 'number' }),
    textField(text, 'signal.max', 'signal.max', { kind: 'number' }),
  ],
  refresh: () => undefined,
  blank: () => ({ name: '', type: 'float', accessMode: 'ReadOnly' }),
  paste: { example: 'name,type,access,unit\ntemperature,float,ReadOnly,°C' },
};

export const dummyDevice = createDeviceEditor({
  type: 'dummy-device',
  parse: parseDummyConfig,
  migrations: DUMMY_MIGRATIONS,
  layout,
  prepare(dialog) {
    const parts = [...dialog.form.querySelectorAll<HTMLElement>('[data-kind-part]')];
    dialog.onRefresh(() => {
      const kind = dialog.draft['kind'] === 'protocol' ? 'protocol' : 'special';
      for (const part of parts) part.hidden = part.dataset['kindPart'] !== kind;
    });
  },
});
