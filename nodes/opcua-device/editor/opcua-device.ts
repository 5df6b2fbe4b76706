import { ATTRIBUTES } from '../../../src/drivers/opcua/config/attributes';
import { VALUE_TYPES } from '../../../src/base/values/index';
import { checkOpcUa } from './checks';
import { createDeviceEditor } from '../../../src/editor/device/device-dialog';
import { labelled, selectInput, textInput } from '../../../src/editor/form/elements';
import { createAddressSpace } from './address-space';
import { createTrustList } from './certificates';
import { createDiscovery } from './endpoints';
import { credentialsToSave, wireIdentity } from './identity';
import { createRequests } from './requests';
import { valueAt } from '../../../src/editor/form/paths';
import type { RowLayout } from '../../../src/editor/table/property-row';

/** The columns and details of an OPC UA property. */
const layout: RowLayout = {
  titles: (text) => [text('opcua.nodeID'), text('properties.type')],
  className: 'devicelink-opcua-columns',
  columns: ({ text }) => [
    textInput({
      path: 'visitor.nodeID',
      label: text('opcua.nodeID'),
      placeholder: 'ns=2;s=temperature',
      optional: true,
    }),
    selectInput({ path: 'type', label: text('properties.type'), optional: true }, [
      ['', text('opcua.typeOfServer')],
      ...VALUE_TYPES.map((type) => [type, type] as const),
    ]),
  ],
  details({ text }) {
    const field = (path: string, key: string, placeholder: string) =>
      labelled(text(key), textInput({ path: `visitor.${path}`, label: text(key), placeholder, optional: true }));
    const path = field('browsePath', 'opcua.browsePath', '/Objects/2:Boiler/2:Level');
    path.classList.add('devicelink-wide');
    const queue = textInput({
      path: 'visitor.queueSize',
      label: text('opcua.queueSize'),
      kind: 'number',
      placeholder: '1',
      optional: true,
    });
    const attributes = Object.keys(ATTRIBUTES).map((name) => [name === 'Value' ? '' : name, name] as const);
    return [
      path,
      field('samplingInterval', 'opcua.samplingInterval', '1s'),
      labelled(text('opcua.queueSize'), queue),
      field('deadband', 'opcua.deadband', '5%'),
      field('indexRange', 'opcua.indexRange', '0:3'),
      labelled(
        text('opcua.attribute'),
        selectInput({ path: 'visitor.attribute', label: text('opcua.attribute'), optional: true }, attributes),
      ),
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
  blank: () => ({ name: '', visitor: { nodeID: '' } }),
};

export const opcuaDevice = createDeviceEditor({
  type: 'opcua-device',
  check: checkOpcUa,
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
