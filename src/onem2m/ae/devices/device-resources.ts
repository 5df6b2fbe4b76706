import type { DevicesConfig, ResourceSpec } from '../model/config';
import type { DeviceReport, ReportedProperty } from './device-report';
import { toResourceName } from './resource-name';

const CONTAINER = 3;
const FLEX_CONTAINER = 28;
/** Where the settings of all this stand in the flow, for messages. */
const FIELD = 'devices';

export interface DevicePaths {
  /** Below the AE. */
  readonly device: string;
  property(name: string): string;
  commands(name: string): string;
}

/** Where a device's resources are: `<root>/<device>/<property>/commands`. `base`: name of the CSEBase, with which no path may begin. */
export function devicePaths(config: DevicesConfig, base: string, report: Pick<DeviceReport, 'name'>): DevicePaths {
  const segments = rootSegments(config);
  const device = [...segments, toResourceName(report.name, segments.length === 0 ? [base] : [])].join('/');
  const property = (name: string): string => `${device}/${toResourceName(name)}`;
  return { device, property, commands: (name) => `${property(name)}/commands` };
}

/** The containers above all devices, top-down. */
export function rootResources(config: DevicesConfig): ResourceSpec[] {
  const segments = rootSegments(config);
  return segments.map((_segment, index) => container(segments.slice(0, index + 1).join('/'), config.labels));
}

/**
 * The resource of the device itself, with the labels by which OpenMTC applications look for one (`openmtc:device`). A
 * flexContainer is created with its values: some of its attributes may be mandatory.
 */
export function deviceResource(
  config: DevicesConfig,
  paths: DevicePaths,
  report: DeviceReport,
  attributes: Readonly<Record<string, unknown>>,
): ResourceSpec {
  const { name, namespace, protocol } = report;
  const labels = ['devicelink:device', 'openmtc:device', `name:${name}`, `namespace:${namespace}`];
  if (protocol !== '') labels.push(`protocol:${protocol}`);
  labels.push(...config.labels);
  if (config.mapping !== 'flexContainer') return container(paths.device, labels);
  const { wrapper, cnd } = config.flexContainer;
  return {
    ty: FLEX_CONTAINER,
    path: paths.device,
    wrapper,
    attributes: { lbl: [...new Set(labels)], cnd, ...attributes },
    field: FIELD,
  };
}

/** The container of one property's values; `unit:` and `type:` are told where known. */
export function propertyResource(
  config: DevicesConfig,
  paths: DevicePaths,
  property: Pick<ReportedProperty, 'name' | 'unit' | 'type'>,
): ResourceSpec {
  const { name, unit, type } = property;
  const labels = ['devicelink:property', 'openmtc:sensor_data', `name:${name}`];
  if (type !== undefined) labels.push(`type:${type}`);
  if (unit !== undefined) labels.push(`unit:${unit}`);
  return container(paths.property(name), [...labels, ...config.labels], config.maxInstances);
}

/** What is put into this container is written to the property. */
export function commandsResource(config: DevicesConfig, paths: DevicePaths, name: string): ResourceSpec {
  const labels = ['devicelink:commands', 'openmtc:actuator_data', `name:${name}`, ...config.labels];
  return container(paths.commands(name), labels, config.maxInstances);
}

/**
 * The attributes of a flexContainer for these properties. With configured names only those that have one: a CSE refuses the whole
 * update for an attribute its containerDefinition lacks. Without any, each under its own name. 64-bit integers stay as `msg.status`
 * has them, by their value: the data type of an attribute is that of the definition, and a CSE refuses text for xs:integer.
 */
export function attributesOf(
  config: DevicesConfig,
  properties: readonly Pick<ReportedProperty, 'name' | 'value'>[],
): Record<string, unknown> {
  const names = config.flexContainer.attributes;
  const isMapped = Object.keys(names).length > 0;
  const attributes = properties.flatMap(({ name, value }) => {
    const attribute = isMapped ? (Object.hasOwn(names, name) ? names[name] : undefined) : name;
    return attribute === undefined ? [] : [[attribute, value] as const];
  });
  return Object.fromEntries(attributes);
}

function container(path: string, labels: readonly string[], maxInstances = 0): ResourceSpec {
  return {
    ty: CONTAINER,
    path,
    wrapper: 'm2m:cnt',
    attributes: {
      ...(labels.length === 0 ? {} : { lbl: [...new Set(labels)] }),
      ...(maxInstances > 0 ? { mni: maxInstances } : {}),
    },
    field: FIELD,
  };
}

const rootSegments = (config: DevicesConfig): string[] => config.root.split('/').filter((segment) => segment !== '');
