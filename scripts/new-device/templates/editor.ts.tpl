import { VALUE_TYPES } from '../../../src/base/values/type-names';
import { parse__Name__Config } from '../../../src/drivers/__name__/config';
import { createDeviceEditor } from '../../../src/editor/device/device-dialog';
import { textInput } from '../../../src/editor/form/elements';
import { valueAt } from '../../../src/editor/form/paths';
import type { RowLayout } from '../../../src/editor/table/property-row';
import { typeColumn } from '../../../src/editor/table/row-fields';

/** The columns of a property after its name: two of your own fit. What unfolds is made of `textField` and `selectField` in row-fields.ts. */
export const layout: RowLayout = {
  titles: (text) => [text('properties.type'), text('link.address')],
  className: 'devicelink-device-columns',
  columns: ({ text }) => [
    typeColumn(text, VALUE_TYPES),
    textInput({ path: 'visitor.address', label: text('link.address') }),
  ],
  details: () => [],
  refresh: () => undefined,
  words: (item) => [valueAt(item, 'visitor.address')],
  blank: () => ({ name: '', type: 'float', visitor: { address: '' } }),
  paste: { columns: { address: 'visitor.address' }, example: 'name,type,address,unit\ntemperature,float,T,°C' },
};

export const __camel__Device = createDeviceEditor({ type: '__type__', parse: parse__Name__Config, layout });
