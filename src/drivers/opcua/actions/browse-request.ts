import type { FieldReader } from '../../../base/fields/fields';
import { parseNodeId } from '../address/node-address';
import { readNodeRef, readTexts, type NodeRef } from './payload';

/** Node classes by their bit (part 3, 8.29). */
export const NODE_CLASSES = [
  'Object',
  'Variable',
  'Method',
  'ObjectType',
  'VariableType',
  'ReferenceType',
  'DataType',
  'View',
] as const;
export type NodeClassName = (typeof NODE_CLASSES)[number];

export const DIRECTIONS = ['forward', 'inverse', 'both'] as const;

export interface BrowseRequest {
  readonly start: NodeRef;
  /** Levels below the start, 1-100. */
  readonly depth: number;
  /** Only nodes of these classes are answered; all are followed. */
  readonly nodeClasses?: ReadonlySet<string>;
  /** Name of a standard reference type, or a NodeId. */
  readonly referenceType: string;
  readonly includeSubtypes: boolean;
  readonly direction: (typeof DIRECTIONS)[number];
  /** Only nodes whose browse name or display name matches are answered; all are followed. */
  readonly name?: RegExp;
  /** At most so many nodes are answered. */
  readonly limit: number;
  /** Also the present value and data type of variables. */
  readonly values: boolean;
}

const OBJECTS = 'i=85';
const DEFAULT_LIMIT = 1000;
const MAX_LIMIT = 100_000;
const MAX_DEPTH = 100;

export function readBrowseRequest(reader: FieldReader): BrowseRequest {
  const nodeClasses = readNodeClasses(reader);
  const name = reader.string('name').trim();
  return {
    start: readNodeRef(reader, OBJECTS),
    depth: reader.integer('depth', 1, 1, MAX_DEPTH),
    ...(nodeClasses === undefined ? {} : { nodeClasses }),
    referenceType: readReferenceType(reader),
    includeSubtypes: reader.boolean('includeSubtypes', true),
    direction: reader.oneOf('direction', DIRECTIONS, 'forward'),
    ...(name === '' ? {} : { name: namePattern(name) }),
    limit: reader.integer('limit', DEFAULT_LIMIT, 1, MAX_LIMIT),
    values: reader.boolean('values', false),
  };
}

/** `*` any text, `?` any character, without them any name that contains the text; upper and lower case are the same. */
export function namePattern(text: string): RegExp {
  const pattern = /[*?]/.test(text) ? text : `*${text}*`;
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replace(/\*+/g, '.*').replaceAll('?', '.')}$`, 'isu');
}

function readNodeClasses(reader: FieldReader): ReadonlySet<string> | undefined {
  const names = readTexts(reader, 'nodeClass');
  const unknown = names?.find((name) => !NODE_CLASSES.some((known) => known === name));
  if (unknown !== undefined) {
    reader.fail('nodeClass', `must be of ${NODE_CLASSES.join(', ')}, got "${unknown}"`);
  }
  return names === undefined ? undefined : new Set(names);
}

function readReferenceType(reader: FieldReader): string {
  const text = reader.string('referenceType', 'HierarchicalReferences').trim();
  if (/^[A-Za-z]+$/.test(text)) return text;
  const parsed = parseNodeId(text);
  if (!parsed.ok) reader.fail('referenceType', `must be a name such as "Organizes", or a NodeId, got "${text}"`);
  return text;
}
