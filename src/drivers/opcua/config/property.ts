import { FieldReader, show } from '../../../base/fields/fields';
import type { Checked } from '../../../base/fields/problems';
import { isWritable, type Property } from '../../../device/property';
import { readCommonProperty } from '../../../device/config/property-config';
import { isNumericType, VALUE_TYPES } from '../../../base/values/index';
import { OPCUA_PROPERTY_NAMES } from './migrations';
import { type AttributeName, ATTRIBUTES, isAttributeName } from './attributes';
import { type NodeIdText, parseNodeId } from '../address/node-address';
import { parseBrowsePath, type PathStep } from '../address/node-address-path';

/** A change smaller than this is not notified by the server: in units of the value, or in percent of its EURange. */
export interface ServerDeadband {
  readonly kind: 'absolute' | 'percent';
  /** > 0; at most 100 for percent. */
  readonly value: number;
}

/** Where a property is in the server. */
export interface OpcUaVisitor {
  /** The node, or with `browsePath` the node that the path starts at. */
  readonly nodeID?: NodeIdText;
  /** From `nodeID`, or from the Root folder where there is none. At least one of the two is given. */
  readonly browsePath?: readonly PathStep[];
  /** For people; not used to find the node. */
  readonly browseName?: string;
  readonly attribute: AttributeName;
  /** `2`, `2:5` or `0:1,2:3`: the part of an array, a matrix, a text or bytes that is read and written. */
  readonly indexRange?: string;
  /** How often the server looks at the value, ms; 0: as fast as it can; absent: once a publishing interval. */
  readonly samplingIntervalMs?: number;
  /** Values the server keeps between two publications, 1-10000; the oldest are dropped first. */
  readonly queueSize: number;
  readonly deadband?: ServerDeadband;
}

export interface OpcUaProperty extends Property {
  readonly visitor: OpcUaVisitor;
}

const MAX_QUEUE = 10_000;

/**
 * Checks one row of the property table. Pure: also runs in the editor. `type` may be absent: the driver then reads it from
 * the server. `accessMode` defaults to `ReadWrite`, for attributes other than Value to `ReadOnly`.
 */
export function parseOpcUaProperty(raw: unknown, field: string): Checked<OpcUaProperty> {
  const reader = new FieldReader(raw, field);
  reader.respell(OPCUA_PROPERTY_NAMES);
  const visitor = reader.object('visitor');
  const attribute = readAttribute(visitor);
  const common = readCommonProperty(reader, {
    types: VALUE_TYPES,
    typeRequired: false,
    defaultAccessMode: attribute === 'Value' ? 'ReadWrite' : 'ReadOnly',
  });
  if (isWritable(common) && !ATTRIBUTES[attribute].writable) {
    reader.fail('accessMode', `must be ReadOnly: the attribute ${attribute} can never be written`);
  }
  const browseName = visitor.string('browseName').trim();
  const indexRange = readIndexRange(visitor);
  const samplingIntervalMs =
    visitor.given('samplingInterval') === undefined ? undefined : visitor.duration('samplingInterval', '1s');
  const deadband = readServerDeadband(visitor, common, attribute);
  return reader.check({
    ...common,
    visitor: {
      ...readAddress(visitor),
      ...(browseName === '' ? {} : { browseName }),
      attribute,
      ...(indexRange === undefined ? {} : { indexRange }),
      ...(samplingIntervalMs === undefined ? {} : { samplingIntervalMs }),
      queueSize: visitor.integer('queueSize', 1, 1, MAX_QUEUE),
      ...(deadband === undefined ? {} : { deadband }),
    },
  });
}

function readAttribute(visitor: FieldReader): AttributeName {
  const name = visitor.string('attribute', 'Value').trim();
  if (isAttributeName(name)) return name;
  visitor.fail('attribute', `must be one of ${Object.keys(ATTRIBUTES).join(', ')}, got ${show(name)}`);
  return 'Value';
}

function readAddress(visitor: FieldReader): Pick<OpcUaVisitor, 'nodeID' | 'browsePath'> {
  const given = visitor.string('nodeID');
  const id = given.trim() === '' ? '' : given;
  const path = visitor.string('browsePath').trim();
  if (id === '' && path === '') {
    visitor.fail('nodeID', 'is required, such as "ns=2;s=temperature"; or give a browsePath');
    return {};
  }
  const nodeID = id === '' ? undefined : parseNodeId(id);
  const browsePath = path === '' ? undefined : parseBrowsePath(path);
  if (nodeID?.ok === false) visitor.fail('nodeID', nodeID.message);
  if (browsePath?.ok === false) visitor.fail('browsePath', browsePath.message);
  return {
    ...(nodeID?.ok === true ? { nodeID: nodeID.value } : {}),
    ...(browsePath?.ok === true ? { browsePath: browsePath.value } : {}),
  };
}

const INDEX_RANGE = /^\d{1,9}(:\d{1,9})?(,\d{1,9}(:\d{1,9})?)*$/;

function readIndexRange(visitor: FieldReader): string | undefined {
  const text = visitor.string('indexRange').replace(/\s/g, '');
  if (text === '') return undefined;
  const isRising = (part: string): boolean => {
    const [low, high] = part.split(':').map(Number);
    return high === undefined || (low !== undefined && low < high);
  };
  if (INDEX_RANGE.test(text) && text.split(',').every(isRising)) return text;
  visitor.fail('indexRange', `must be such as "2", "2:5" or "0:1,2:3" (from 0, rising), got ${show(text)}`);
  return undefined;
}

const DEADBAND = /^(\d+(?:\.\d*)?|\.\d+)\s*(%?)$/;

/** `0.5` in units of the value, `5%` of its range. */
function readServerDeadband(
  visitor: FieldReader,
  { type }: Property,
  attribute: AttributeName,
): ServerDeadband | undefined {
  const text = visitor.string('deadband').trim();
  if (text === '') return undefined;
  const [, digits = '', percent = ''] = DEADBAND.exec(text) ?? [];
  const value = Number(digits);
  const isPercent = percent === '%';
  if (digits === '' || !Number.isFinite(value) || (isPercent && value > 100)) {
    visitor.fail('deadband', `must be a number such as "0.5", or up to 100 percent such as "5%", got ${show(text)}`);
  } else if (attribute !== 'Value') {
    visitor.fail('deadband', `is for the attribute Value only, not for ${attribute}`);
  } else if (type !== undefined && type !== 'array' && !isNumericType(type)) {
    visitor.fail('deadband', `is for numbers only, not for ${type}`);
  } else if (value > 0) {
    return { kind: isPercent ? 'percent' : 'absolute', value };
  }
  return undefined;
}
