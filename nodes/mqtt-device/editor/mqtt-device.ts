import { VALUE_TYPES } from '../../../src/base/values/type-names';
import { parseMqttConfig } from '../../../src/drivers/mqtt/config/config';
import { MQTT_MIGRATIONS } from '../../../src/drivers/mqtt/config/migrations';
import { CONTENT_TYPES } from '../../../src/drivers/mqtt/payload/content-type';
import type { Dialog } from '../../../src/editor/dialog/dialog';
import { createDeviceEditor } from '../../../src/editor/device/device-dialog';
import { textInput } from '../../../src/editor/form/elements';
import { valueAt } from '../../../src/editor/form/paths';
import type { RowLayout } from '../../../src/editor/table/property-row';
import { accessColumn, selectField, textField, typeColumn } from '../../../src/editor/table/row-fields';
import { exampleTopics } from './example-topics';

/** The columns and details of a property of an MQTT device. */
export const layout: RowLayout = {
  titles: (text) => [text('properties.type'), text('device.rowPath'), text('properties.accessMode')],
  className: 'devicelink-mqtt-columns',
  columns: ({ text }) => [
    typeColumn(text, VALUE_TYPES, text('device.asSent')),
    textInput({
      path: 'path',
      label: text('device.rowPath'),
      optional: true,
      placeholder: text('device.rowPathUsual'),
    }),
    accessColumn(text),
  ],
  details({ text }) {
    const contentTypes = [
      ['', text('device.asDevice')] as const,
      ...CONTENT_TYPES.map((type) => [type, type] as const),
    ];
    const qos = [
      ['', text('device.asDevice')] as const,
      ...[0, 1, 2].map((level) => [String(level), text(`choice.qos${level}`)] as const),
    ];
    return [
      textField(text, 'jsonPath', 'device.jsonPath', { placeholder: 'ENERGY.Power' }),
      textField(text, 'readTopic', 'device.topicRead', { placeholder: 'tele/+/SENSOR' }),
      textField(text, 'writeTopic', 'device.topicWrite', { placeholder: 'cmnd/plug/POWER' }),
      textField(text, 'operator.read', 'device.operatorRead'),
      textField(text, 'operator.write', 'device.operatorWrite'),
      selectField(text, 'contentType', 'device.contentType', contentTypes),
      selectField(text, 'qos', 'device.qos', qos),
      textField(text, 'stale', 'device.stale', { placeholder: '0s' }),
      textField(text, 'map', 'device.map', { kind: 'any', placeholder: '{"ON": true, "OFF": false}' }),
    ];
  },
  refresh(row) {
    const field = row.input('jsonPath')?.closest<HTMLElement>('.devicelink-field');
    // In an attributed message the path itself leads into the payload.
    if (field)
      field.hidden = patternOf(row.input('jsonPath')) === 'AttributedMessage' && row.item['jsonPath'] === undefined;
  },
  words: (item) => [item['path'], item['readTopic'], item['writeTopic'], item['jsonPath']],
  blank: () => ({ name: '', type: '' }),
  paste: {
    columns: {
      path: 'path',
      jsonpath: 'jsonPath',
      topic: 'readTopic',
      readtopic: 'readTopic',
      statetopic: 'readTopic',
      writetopic: 'writeTopic',
      commandtopic: 'writeTopic',
      qos: 'qos',
    },
    example: 'name,type,path,unit\ntemperature,float,kitchen/temperature,°C',
  },
};

const patternOf = (input: Element | undefined): string | undefined =>
  input?.closest('form')?.querySelector<HTMLSelectElement>('[data-path="protocol.pattern"]')?.value;

export const mqttDevice = createDeviceEditor({
  type: 'mqtt-device',
  parse: parseMqttConfig,
  migrations: MQTT_MIGRATIONS,
  layout,
  prepare(dialog) {
    showExample(dialog);
    showPublishing(dialog);
  },
});

/** Where the first property is read and written with what is in the dialog. */
function showExample(dialog: Dialog): void {
  const output = dialog.form.querySelector<HTMLElement>('[data-own-topics]');
  if (output === null) return;
  dialog.onRefresh(() => {
    const { read, write, problem } = exampleTopics(dialog.draft);
    output.textContent =
      problem ?? dialog.text(write === '' ? 'device.readsFrom' : 'device.readsAndWrites', { read, write });
    output.classList.toggle('devicelink-wrong', problem !== undefined);
  });
}

/** The status of such a device is published only if that is asked for. */
function showPublishing(dialog: Dialog): void {
  const parts = [...dialog.form.querySelectorAll<HTMLElement>('[data-publishing]')];
  dialog.onRefresh(() => {
    for (const part of parts) part.hidden = valueAt(dialog.draft['publish'], 'enabled') !== true;
  });
}
