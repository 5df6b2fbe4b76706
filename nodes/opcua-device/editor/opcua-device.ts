import { OPCUA_MIGRATIONS } from '../../../src/drivers/opcua/config/migrations';
import { ATTRIBUTES } from '../../../src/drivers/opcua/config/attributes';
import { VALUE_TYPES } from '../../../src/base/values/index';
import { parseOpcUaConfig } from '../../../src/drivers/opcua/config/config';
import { createDeviceEditor } from '../../../src/editor/device/device-dialog';
import { textInput } from '../../../src/editor/form/elements';
import { createAddressSpace } from './address-space';
import { createTrustList } from './certificates';
import { createDiscovery } from './endpoints';
import { credentialsToSave, wireIdentity } from './identity';
import { createRequests } from './requests';
import { valueAt } from '../../../src/editor/form/paths';
import type { RowLayout } from '../../../src/editor/table/property-row';
import { selectField, textField, typeColumn } from '../../../src/editor/table/row-fields';

/** The columns and details of an OPC UA property. */
export const layout: RowLayout = {
  titles: (text) => [text('opcua.nodeID'), text('properties.type')],
  className: 'devicelink-opcua-columns',
  columns: ({ text }) => [
    textInput({
      path: 'visitor.nodeID',
      label: text('opcua.nodeID'),
      placeholder: 'ns=2;s=temperature',
      optional: true,
    }),
    typeColumn(text, VALUE_TYPES, text('opcua.typeOfServer')),
  ],
  details({ text }) {
    const path = textField(text, 'visitor.browsePath', 'opcua.browsePath', {
      placeholder: '/Objects/2:Boiler/2:Level',
    });
    path.classList.add('devicelink-wide');
    const attributes = Object.keys(ATTRIBUTES).map((name) => [name === 'Value' ? '' : name, name] as const);
    return [
      path,
      textField(text, 'visitor.samplingInterval', 'opcua.samplingInterval', { placeholder: '1s' }),
      textField(text, 'visitor.queueSize', 'opcua.queueSize', { kind: 'number', placeholder: '1' }),
      textField(text, 'visitor.deadband', 'opcua.deadband', { placeholder: '5%' }),
      textField(text, 'visitor.indexRange', 'opcua.indexRange', { placeholder: '0:3' }),
      selectField(text, 'visitor.attribute', 'opcua.attribute', attributes),
    ];
  },
  /** Where a browse path says where the node is, the column may stay empty. */
  refresh(row) {
    const input = row.input('visitor.nodeID');
    const path = valueAt(row.item, 'visitor.browsePath');
    if (!(input instanceof HTMLInputElement)) return;
    input.placeholder = typeof path === 'string' && path !== '' ? path : 'ns=2;s=temperature';
    input.title = input.value;
  },
  words: (item) => [valueAt(item, 'visitor.nodeID'), valueAt(item, 'visitor.browsePath')],
  blank: () => ({ name: '', visitor: { nodeID: '' } }),
  paste: {
    columns: {
      attribute: 'visitor.attribute',
      browsepath: 'visitor.browsePath',
      indexrange: 'visitor.indexRange',
      nodeid: 'visitor.nodeID',
      samplinginterval: 'visitor.samplingInterval',
    },
    example: 'name,nodeID,unit\ntemperature,ns=2;s=temperature,°C',
  },
};

export const opcuaDevice = createDeviceEditor({
  type: 'opcua-device',
  parse: (raw) => parseOpcUaConfig(raw, {}),
  migrations: OPCUA_MIGRATIONS,
  layout,
  credentials: credentialsToSave,
  prepare(dialog, table) {
    wireIdentity(dialog);
    const requests = createRequests(dialog, () => credentialsToSave(dialog));
    createDiscovery(dialog, requests);
    createTrustList(dialog, requests);
    if (table !== undefined) createAddressSpace(dialog, table, requests);
    const warning = dialog.form.querySelector<HTMLElement>('[data-open-warning]');
    dialog.onRefresh(() => {
      if (warning !== null) warning.hidden = valueAt(dialog.draft, 'protocol.securityMode') !== 'None';
    });
  },
});
