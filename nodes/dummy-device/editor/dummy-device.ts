import { ACCESS_MODES } from '../../../src/device/config/property-config';
import { parseDummyConfig } from '../../../src/drivers/dummy/config';
import { SIGNAL_SHAPES } from '../../../src/drivers/dummy/signal';
import { VALUE_TYPES } from '../../../src/base/values/index';
import { checkDevice } from '../../../src/editor/checks/device';
import { createDeviceEditor } from '../../../src/editor/device/device-dialog';
import { labelled, selectInput, textInput } from '../../../src/editor/form/elements';
import type { RowLayout } from '../../../src/editor/table/property-row';

/** The columns of a property of the random robot. */
const layout: RowLayout = {
  titles: (text) => [text('properties.type'), text('properties.accessMode')],
  className: 'devicelink-dummy-columns',
  columns: ({ text }) => [
    selectInput(
      { path: 'type', label: text('properties.type') },
      VALUE_TYPES.map((type) => [type, type]),
    ),
    selectInput({ path: 'accessMode', label: text('properties.accessMode'), optional: true }, [
      ['', text('properties.accessDefault')],
      ...ACCESS_MODES.map((mode) => [mode, text(`access.${mode}`)] as const),
    ]),
  ],
  details: ({ text }) => {
    const field = (path: string, key: string, kind: 'number' | 'text' = 'number') =>
      labelled(text(key), textInput({ path: `signal.${path}`, label: text(key), kind, optional: true }));
    const shapes = SIGNAL_SHAPES.map((shape) => [shape, text(`signal.${shape}`)] as const);
    return [
      labelled(
        text('signal.shape'),
        selectInput({ path: 'signal.shape', label: text('signal.shape'), optional: true }, [
          ['', text('signal.inherited')],
          ...shapes,
        ]),
      ),
      field('period', 'signal.period', 'text'),
      field('min', 'signal.min'),
      field('max', 'signal.max'),
    ];
  },
  refresh: () => undefined,
  blank: () => ({ name: '', type: 'float', accessMode: 'ReadOnly' }),
};

export const dummyDevice = createDeviceEditor({
  type: 'dummy-device',
  check: (raw) => checkDevice(raw, parseDummyConfig),
  layout,
  prepare(dialog) {
    const parts = [...dialog.form.querySelectorAll<HTMLElement>('[data-kind-part]')];
    dialog.onRefresh(() => {
      const kind = dialog.draft['kind'] === 'protocol' ? 'protocol' : 'special';
      for (const part of parts) part.hidden = part.dataset['kindPart'] !== kind;
    });
  },
});
