import { asRecord } from '../../base/records';
import { type DeviceResource, type Resources, textOf } from './resources';

/**
 * The text that a field gives, or that it refers to: `username`, or `usernameRef: { name, item }` by way of the references of the DeviceLink
 * to a Secret or ConfigMap of the same files. Undefined where neither is given; a reference that leads nowhere is told.
 */
export function textOrReference(
  device: DeviceResource,
  resources: Resources,
  owner: unknown,
  field: string,
  path: string,
): string | undefined {
  const fields = asRecord(owner);
  const given = textOf(fields[field]);
  if (given !== '') return given;
  const reference = fields[`${field}Ref`];
  if (reference === undefined || reference === null) return undefined;
  const place = `${path}.${field}Ref`;
  const { name, item } = asRecord(reference);
  const found = lookUp(device, resources, textOf(name), textOf(item));
  if (typeof found === 'string') return found;
  device.report.missing(place, `${found.why}: fill in the credential after the import`);
  return undefined;
}

function lookUp(
  device: DeviceResource,
  { secrets, configMaps }: Resources,
  name: string,
  item: string,
): string | { readonly why: string } {
  const reference = device.references.map(asRecord).find((one) => textOf(one['name']) === name);
  if (reference === undefined) return { why: `no reference "${name}" in spec.references` };
  const isSecret = reference['secret'] !== undefined;
  const source = asRecord(isSecret ? reference['secret'] : reference['configMap']);
  const resource = textOf(source['name']) || name;
  const texts = (isSecret ? secrets : configMaps).get(`${device.namespace}/${resource}`);
  const what = `${isSecret ? 'Secret' : 'ConfigMap'} ${device.namespace}/${resource}`;
  if (texts === undefined) return { why: `the ${what} is not in the files` };
  return texts.get(item) ?? { why: `the ${what} has no item "${item}"` };
}
