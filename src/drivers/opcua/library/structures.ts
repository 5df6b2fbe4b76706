import type { ClientSession, ExtraDataTypeManager, NodeId, Variant } from 'node-opcua-client';
import { DeviceError } from '../../../base/errors';
import { unlessAborted } from '../../../base/waiting';
import type { OpcUaLibrary } from './load';
import { toOpcUaError } from './status-codes';

/** Whatever holds whatever: no value is that deep. */
const MOST_PASSES = 32;

type Constructor = Awaited<ReturnType<ExtraDataTypeManager['getExtensionObjectConstructorFromBinaryEncodingAsync']>>;
type Factory = NonNullable<ReturnType<ExtraDataTypeManager['getDataTypeFactory']>>;

/** Numbers of built-in types: a value of ExtensionObject, DataValue or Variant may be or hold a structure. */
const [FIRST_HOLDER, LAST_HOLDER] = [22, 24];

/** Whether decoding a value may take types that the server has to describe first. */
export const mayHoldStructures = ({ dataType }: { readonly dataType: number }): boolean =>
  dataType >= FIRST_HOLDER && dataType <= LAST_HOLDER;

/** Until its type is learned, a structure is nothing but bytes. */
export const stillLearning = (what: string): DeviceError =>
  new DeviceError(
    'OPCUA_BadWaitingForInitialData',
    `${what}: the type of this structure is being learned from the server`,
  );

/**
 * The structure types of one session. Left to itself, node-opcua learns all types of a server inside the first read or
 * notification of a structure, which then takes minutes, and in a promise that it leaves to nobody: a session closed
 * meanwhile would end the process. So it is given types that are always there and never ask. What values turn out to need
 * is learned here, each type once, beside whatever else goes on.
 */
export class StructureTypes {
  private readonly manager: ExtraDataTypeManager;
  private readonly describe: (encodingId: NodeId) => Promise<Constructor>;
  /** By encoding. */
  private readonly learning = new Map<string, Promise<void>>();
  private readonly undescribed = new Set<string>();
  private preparing: Promise<void> | undefined;

  constructor(
    private readonly library: OpcUaLibrary,
    private readonly session: ClientSession,
    namespaces: readonly string[],
  ) {
    const manager = new library.ExtraDataTypeManager();
    manager.setSession(session);
    manager.setNamespaceArray([...namespaces]);
    const standard = manager.getDataTypeFactory(0);
    const Factory = standard.constructor as new (bases: readonly Factory[]) => Factory;
    for (let index = 1; index < namespaces.length; index += 1) {
      manager.registerDataTypeFactory(index, new Factory([standard]));
    }
    this.describe = manager.getExtensionObjectConstructorFromBinaryEncodingAsync.bind(manager);
    manager.getExtensionObjectConstructorFromBinaryEncodingAsync = (encodingId) => this.known(encodingId);
    this.manager = manager;
    Object.assign(session, { $$extraDataTypeManager: manager });
  }

  /**
   * Decodes, in place, what structures the variants hold, learning their types. Answers those of which some type is not
   * learned yet when `patience` is aborted, or could not be asked for. A type that the server does not describe stays
   * bytes, and counts as decoded. Never rejects.
   */
  async complete<V extends Variant>(variants: readonly V[], patience: AbortSignal): Promise<ReadonlySet<V>> {
    const open = new Set(variants.filter(mayHoldStructures));
    const asked = new Set<string>();
    for (let pass = 0; pass < MOST_PASSES && open.size > 0; pass += 1) {
      const missing = new Map<string, NodeId>();
      for (const variant of [...open]) {
        const unknown = await this.decode(variant);
        if (unknown.length === 0) open.delete(variant);
        for (const id of unknown) if (!asked.has(id.toString())) missing.set(id.toString(), id);
      }
      if (missing.size === 0) break;
      const learned = Promise.all([...missing].map(([key, id]) => (asked.add(key), this.learn(key, id))));
      if (patience.aborted) break;
      await unlessAborted(learned, patience).catch(() => undefined);
    }
    return open;
  }

  /** Whether structures can be made, for a write or a call; waits for it until `patience` is aborted. Never rejects. */
  async ready(patience: AbortSignal): Promise<boolean> {
    return unlessAborted(this.prepare(), patience).then(
      () => true,
      () => false,
    );
  }

  private known(encodingId: NodeId): Promise<Constructor> {
    const constructor = this.factoryOf(encodingId)?.getConstructor(encodingId);
    return constructor ? Promise.resolve(constructor) : Promise.reject(new Error('not learned'));
  }

  /** The encodings that it lacks; asks nothing. */
  private async decode(variant: Variant): Promise<NodeId[]> {
    const unknown: NodeId[] = [];
    const types = {
      getExtensionObjectConstructorFromBinaryEncodingAsync: (encodingId: NodeId) => {
        const constructor = this.known(encodingId);
        constructor.catch(() => this.undescribed.has(encodingId.toString()) || unknown.push(encodingId));
        return constructor;
      },
    };
    await this.library.resolveDynamicExtensionObject(this.session, variant, types as unknown as ExtraDataTypeManager);
    return unknown;
  }

  private learn(key: string, encodingId: NodeId): Promise<void> {
    const learning = this.learning.get(key) ?? this.ask(key, encodingId).finally(() => this.learning.delete(key));
    this.learning.set(key, learning);
    return learning;
  }

  private async ask(key: string, encodingId: NodeId): Promise<void> {
    await this.prepare();
    try {
      await this.describe(encodingId);
      this.joinNamespaces(encodingId.namespace);
    } catch (error) {
      // Not told by the server, which may do so when asked again.
      if (isUnanswered(error)) return;
      this.undescribed.add(key);
    }
  }

  /** Once: servers older than 1.04 describe all types in one text, which has to be read as a whole. */
  private prepare(): Promise<void> {
    const { populateDataTypeManager, DataTypeExtractStrategy } = this.library;
    this.preparing ??= populateDataTypeManager(this.session, this.manager, DataTypeExtractStrategy.Lazy).catch(
      // A server that lacks one of the services for it may still describe types one by one.
      () => undefined,
    );
    return this.preparing;
  }

  /** A type finds those of its members by name, in its namespace and those joined to it. */
  private joinNamespaces(namespace: number): void {
    const own = this.manager.getDataTypeFactory(namespace);
    for (const { schema } of own.getStructureIterator()) {
      for (const field of schema.fields) {
        const typeId = (field.schema as { dataTypeNodeId?: NodeId } | undefined)?.dataTypeNodeId;
        if (typeId === undefined) continue;
        const other = this.factoryOf(typeId);
        if (other === undefined || reaches(own, other) || reaches(other, own)) continue;
        own.repairBaseDataFactories([...own.getBaseDataFactories(), other]);
        this.joinNamespaces(typeId.namespace);
      }
    }
  }

  /** None for a namespace that the server has got since the session began. */
  private factoryOf({ namespace }: NodeId): Factory | undefined {
    return this.manager.hasDataTypeFactory(namespace) ? this.manager.getDataTypeFactory(namespace) : undefined;
  }
}

const reaches = (from: Factory, to: Factory): boolean =>
  from === to || from.getBaseDataFactories().some((base) => reaches(base, to));

function isUnanswered(error: unknown): boolean {
  const { code } = toOpcUaError(error, 'data type');
  return code === 'TIMEOUT' || code === 'LINK_LOST';
}
