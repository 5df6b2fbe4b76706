/** `devices` of an `onem2m-ae`: what becomes of device nodes that are wired to it. Pure: also runs in the editor. */
import type { FieldReader } from '../../../base/fields/fields';
import type { DevicesConfig } from '../model/config';
import { readTexts } from './read-texts';

const MOST_INSTANCES = 1_000_000;

export function readDevices(reader: FieldReader): DevicesConfig {
  const flex = reader.object('flexContainer');
  const mapping = reader.oneOf('mapping', ['containers', 'flexContainer', 'off'], 'containers');
  const wrapper = flex.string('wrapper').trim();
  const cnd = flex.string('cnd').trim();
  if (mapping === 'flexContainer') {
    if (!/^[^:\s]+:[^:\s]+$/.test(wrapper)) {
      flex.fail('wrapper', 'is required: namespace and name of the flexContainer, such as "cod:tempe"');
    }
    if (cnd === '')
      flex.fail('cnd', 'is required: the containerDefinition, such as "org.onem2m.common.moduleclass.temperature"');
  }
  const names = flex.object('attributes');
  const attributes = Object.fromEntries(names.keys().map((name) => [name, names.string(name)]));
  return {
    mapping,
    root: reader
      .string('root')
      .trim()
      .replaceAll(/^\/+|\/+$/g, ''),
    labels: readTexts(reader, 'labels'),
    maxInstances: reader.integer('maxInstances', 10, 1, MOST_INSTANCES),
    commands: reader.boolean('commands', true),
    flexContainer: { wrapper, cnd, attributes },
  };
}
