import type { Checked, Problem } from '../../base/fields/problems';
import type { DeviceKind } from '../../device/kind';
import { isWritable } from '../../device/property';
import { type MqttConfig, parseMqttConfig } from './config/config';
import { MQTT_MIGRATIONS } from './config/migrations';
import { type MqttProperty, parseMqttProperty } from './config/property';
import { MqttDriver } from './driver';
import { isSenml } from './payload/content-type';
import type { ValueFormat } from './payload/decode';
import { compileValuePath } from './payload/value-path';

/** A device that speaks MQTT itself, through the connection of the extension that it names. */
export const mqttKind: DeviceKind<MqttProperty, MqttConfig> = {
  protocol: 'mqtt',
  actions: ['request'],
  hasOwnTopics: true,
  migrations: MQTT_MIGRATIONS,
  parse(raw) {
    const parsed = parseMqttConfig(raw);
    const fields = (index: number): string => `properties[${index}]`;
    return parsed.ok ? withPaths(parsed, parsed.value.properties, fields, parsed.value.context.pattern) : parsed;
  },
  parseProperty(raw, field, config) {
    const parsed = parseMqttProperty(raw, field, config.context);
    return parsed.ok ? withPaths(parsed, [parsed.value], () => field, config.context.pattern) : parsed;
  },
  createDriver(config, surroundings) {
    const formats = new WeakMap<MqttProperty, ValueFormat>();
    const formatOf = (property: MqttProperty): ValueFormat => {
      let format = formats.get(property);
      if (format === undefined) formats.set(property, (format = valueFormat(property)));
      return format;
    };
    return new MqttDriver(config, surroundings, formatOf);
  },
};

/** Whether each JSONPath is one can be said only here: its library is too large for the editor. */
function withPaths<T>(
  parsed: Checked<T>,
  properties: readonly MqttProperty[],
  fieldOf: (index: number) => string,
  pattern: MqttConfig['context']['pattern'],
): Checked<T> {
  const problems: Problem[] = [];
  properties.forEach((property, index) => {
    const message = pathProblem(property);
    const field = `${fieldOf(index)}.${pattern === 'AttributedMessage' ? 'path' : 'jsonPath'}`;
    if (message !== undefined) problems.push({ field, message });
  });
  return problems.length === 0 ? parsed : { ...parsed, ok: false, problems };
}

function pathProblem(property: MqttProperty): string | undefined {
  const { path, contentType } = property;
  if (path?.startsWith('$') !== true || isSenml(contentType)) return undefined;
  const compiled = compileValuePath(path);
  if (!compiled.ok) return compiled.message;
  const isPlace = compiled.path.write !== undefined;
  return isWritable(property) && !isPlace ? 'must lead to one place where the property is written' : undefined;
}

function valueFormat({ type, contentType, path, map }: MqttProperty): ValueFormat {
  const compiled = path === undefined || isSenml(contentType) ? undefined : compileValuePath(path);
  return { type, contentType, path, compiledPath: compiled?.ok === true ? compiled.path : undefined, map };
}
