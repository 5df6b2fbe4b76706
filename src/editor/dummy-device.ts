import { ACCESS_MODES } from '../device/property-config';
import { checkDummyDevice, DUMMY_TYPES } from './checks/dummy';
import { createDeviceEditor } from './device-dialog';
import { selectInput } from './elements';
import type { RowLayout } from './property-row';

/** The columns of a property of the random robot. */
const layout: RowLayout = {
  titles: (text) => [text('properties.type'), text('properties.accessMode')],
  widths: 'minmax(90px, 1fr) 110px 120px',
  columns: ({ text }) => [
    selectInput(
      { path: 'type', label: text('properties.type') },
      DUMMY_TYPES.map((type) => [type, type]),
    ),
    selectInput({ path: 'accessMode', label: text('properties.accessMode'), optional: true }, [
      ['', text('properties.accessDefault')],
      ...ACCESS_MODES.map((mode) => [mode, text(`access.${mode}`)] as const),
    ]),
  ],
  details: () => [],
  refresh: () => undefined,
  blank: () => ({ name: '', type: 'float', accessMode: 'ReadOnly' }),
};

export const dummyDevice = createDeviceEditor({
  type: 'dummy-device',
  check: checkDummyDevice,
  layout,
  prepare(dialog) {
    const parts = [...dialog.form.querySelectorAll<HTMLElement>('[data-kind-part]')];
    dialog.onRefresh(() => {
      const kind = dialog.draft['kind'] === 'protocol' ? 'protocol' : 'special';
      for (const part of parts) part.hidden = part.dataset['kindPart'] !== kind;
    });
  },
});
