import type { ClientSession, DataValue, NodeId } from 'node-opcua-client';
import { unlessAborted } from '../../../base/waiting';
import { DeviceError, ErrorCode } from '../../../base/errors';
import { ATTRIBUTES } from '../config/attributes';
import { type Batches, isLinkError, type Outcome } from '../library/batches';
import type { OpcUaLibrary } from '../library/load';
import { toOpcUaError } from '../library/status-codes';
import { itemError } from '../library/status-item';
import type { Enumeration } from '../values/decode';
import { naturalVariant } from '../values/natural';
import { builtInName, type BuiltInName } from '../values/types';

/** What the server says about the values of a variable. */
export interface NodeType {
  /** Undefined where the server does not tell. */
  readonly dataTypeId?: NodeId;
  /** How values are encoded; `Variant` where the variable takes several types. */
  readonly builtIn: BuiltInName;
  /** -1 scalar, n >= 1 array of n dimensions, 0 any array, -2 anything, -3 scalar or one dimension; undefined where the server does not tell. */
  readonly valueRank?: number;
  readonly enumeration?: Enumeration;
}

/** What a data type is, whichever variables have it. */
export type DataTypeFacts = Pick<NodeType, 'builtIn' | 'enumeration'>;

/** Numbers of data types in namespace 0 (part 6, A.3). */
const BASE_DATA_TYPE = 24;
const NUMBER_TYPES: ReadonlySet<number> = new Set([26, 27, 28]);
const ENUMERATION = 29;
/** No server has type trees that deep; a loop of references would never end. */
const MAX_DEPTH = 32;
const NO_NODE: ReadonlySet<string> = new Set(['BadNodeIdUnknown', 'BadNodeIdInvalid']);
const HAS_SUBTYPE = 'i=45';
const HAS_PROPERTY = 'i=46';

/** The types of variables, read from the server when first needed and kept while the session lasts. */
export class TypeBook {
  private readonly nodes = new Map<string, NodeType>();
  private readonly dataTypes = new Map<string, Promise<DataTypeFacts>>();

  constructor(
    private readonly library: OpcUaLibrary,
    private readonly session: ClientSession,
    private readonly reads: Batches,
  ) {}

  /** One outcome per node, in order. Rejects only when the link is lost or the signal aborted. */
  async typesOf(nodeIds: readonly NodeId[], signal: AbortSignal): Promise<Outcome<NodeType>[]> {
    const unknown = [...new Map(nodeIds.map((nodeId) => [nodeId.toString(), nodeId]))].filter(
      ([key]) => !this.nodes.has(key),
    );
    const requests = unknown.flatMap(([, nodeId]) => [
      { nodeId, attributeId: ATTRIBUTES.DataType.id },
      { nodeId, attributeId: ATTRIBUTES.ValueRank.id },
    ]);
    const answers = await this.reads.run(requests, signal, (batch) => this.session.read(batch));
    const failures = new Map<string, DeviceError>();
    for (const [index, [key]] of unknown.entries()) {
      const type = await this.typeFrom(answers[2 * index], answers[2 * index + 1], signal);
      if (type instanceof DeviceError) failures.set(key, type);
      else this.nodes.set(key, type);
    }
    return nodeIds.map((nodeId) => {
      const answer = this.nodes.get(nodeId.toString());
      if (answer !== undefined) return { ok: true, answer };
      const error = failures.get(nodeId.toString()) ?? new DeviceError(ErrorCode.BAD_RESPONSE, 'its type is unknown');
      return { ok: false, error };
    });
  }

  private async typeFrom(
    dataType: Outcome<DataValue> | undefined,
    rank: Outcome<DataValue> | undefined,
    signal: AbortSignal,
  ): Promise<NodeType | DeviceError> {
    if (dataType?.ok !== true) return dataType?.error ?? new DeviceError(ErrorCode.BAD_RESPONSE, 'no data type');
    const { statusCode, value } = dataType.answer;
    if (NO_NODE.has(statusCode.name)) return itemError(statusCode, 'data type');
    const given: unknown = rank?.ok === true && rank.answer.statusCode.isGood() ? rank.answer.value.value : undefined;
    const valueRank = typeof given === 'number' ? { valueRank: given } : {};
    // A node without a data type is one that may hold anything.
    const dataTypeId = statusCode.isGood() ? (value.value as NodeId | null) : null;
    if (dataTypeId === null) return { builtIn: 'Variant', ...valueRank };
    return { dataTypeId, ...valueRank, ...(await this.dataType(dataTypeId, signal)) };
  }

  /** How values of this data type are encoded. Rejects when the server does not answer, or the signal is aborted. */
  dataType(dataTypeId: NodeId, signal: AbortSignal): Promise<DataTypeFacts> {
    return unlessAborted(this.factsOf(dataTypeId), signal, 'data type');
  }

  private factsOf(dataTypeId: NodeId): Promise<DataTypeFacts> {
    const key = dataTypeId.toString();
    const known = this.dataTypes.get(key);
    if (known !== undefined) return known;
    const facts = this.readFacts(dataTypeId).catch(unlessLinkIsLost<DataTypeFacts>({ builtIn: 'Variant' }));
    this.dataTypes.set(key, facts);
    facts.catch(() => this.dataTypes.delete(key));
    return facts;
  }

  /** Up the tree of types to the first that has an encoding of its own. */
  private async readFacts(dataTypeId: NodeId): Promise<DataTypeFacts> {
    let at: NodeId | undefined = dataTypeId;
    for (let depth = 0; depth < MAX_DEPTH && at !== undefined; depth += 1) {
      const number: number = at.namespace === 0 && typeof at.value === 'number' ? at.value : Infinity;
      if (number === ENUMERATION) return this.enumerationFacts(dataTypeId);
      if (number === 0 || number === BASE_DATA_TYPE || NUMBER_TYPES.has(number)) return { builtIn: 'Variant' };
      if (number < BASE_DATA_TYPE) return { builtIn: builtInName(number) };
      at = await this.superType(at);
    }
    return { builtIn: 'Variant' };
  }

  private async superType(nodeId: NodeId): Promise<NodeId | undefined> {
    const { references } = await this.session.browse({
      nodeId,
      browseDirection: this.library.BrowseDirection.Inverse,
      referenceTypeId: HAS_SUBTYPE,
      includeSubtypes: true,
      resultMask: 0,
    });
    return references?.[0]?.nodeId;
  }

  private async enumerationFacts(dataTypeId: NodeId): Promise<DataTypeFacts> {
    const none = unlessLinkIsLost(undefined);
    const names =
      (await this.namesByDefinition(dataTypeId).catch(none)) ?? (await this.namesByProperty(dataTypeId).catch(none));
    return names === undefined || names.size === 0 ? { builtIn: 'Int32' } : { builtIn: 'Int32', enumeration: names };
  }

  private async namesByDefinition(nodeId: NodeId): Promise<Enumeration | undefined> {
    const { statusCode, value } = await this.session.read({ nodeId, attributeId: ATTRIBUTES.DataTypeDefinition.id });
    if (!statusCode.isGood()) return undefined;
    const definition = naturalVariant(value) as { Fields?: readonly { Name: string; Value: bigint }[] } | undefined;
    return definition?.Fields && new Map(definition.Fields.map(({ Name, Value }) => [Number(Value), Name]));
  }

  /** How servers older than 1.04 tell the names. */
  private async namesByProperty(startingNode: NodeId): Promise<Enumeration | undefined> {
    for (const name of ['EnumStrings', 'EnumValues']) {
      const referenceTypeId = this.library.coerceNodeId(HAS_PROPERTY);
      const elements = [{ referenceTypeId, isInverse: false, includeSubtypes: true, targetName: { name } }];
      const [found] = await this.session.translateBrowsePath([{ startingNode, relativePath: { elements } }]);
      const nodeId = found?.targets?.[0]?.targetId;
      if (nodeId === undefined) continue;
      const { statusCode, value } = await this.session.read({ nodeId, attributeId: ATTRIBUTES.Value.id });
      const values: unknown = statusCode.isGood() ? naturalVariant(value) : undefined;
      if (Array.isArray(values)) return new Map((values as EnumName[]).map(nameAt));
    }
    return undefined;
  }
}

/** For what a server may lack: `instead` where it refuses; a lost link is still an error. */
const unlessLinkIsLost =
  <T>(instead: T) =>
  (error: unknown): T => {
    const reason = toOpcUaError(error, 'data type');
    if (isLinkError(reason)) throw reason;
    return instead;
  };

/** An element of EnumStrings, or of EnumValues. */
type EnumName = string | { readonly Value: bigint; readonly DisplayName: string };

const nameAt = (item: EnumName, index: number): [number, string] =>
  typeof item === 'string' ? [index, item] : [Number(item.Value), item.DisplayName];
