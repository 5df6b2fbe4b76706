import type { BrowsePath, BrowsePathResult, NodeId } from 'node-opcua-client';
import { DeviceError, ErrorCode, toDeviceError } from '../../../base/errors';
import { Batches, type Outcome } from '../library/batches';
import type { OpcUaLibrary } from '../library/load';
import { namespaceIndex, toLibraryNodeId } from '../address/node-address-ids';
import { formatBrowsePath, type PathStep } from '../address/node-address-path';
import type { OpcUaVisitor } from '../config/property';
import type { UaSession } from '../session/session-pool';
import { itemError } from '../library/status-item';

type Address = Pick<OpcUaVisitor, 'nodeID' | 'browsePath'>;

/** Where paths without a NodeId start (the Root folder), and what `/` and `.` follow. */
const ROOT = 'i=84';
const HIERARCHICAL_REFERENCES = 'i=33';
const AGGREGATES = 'i=44';

/**
 * The nodes that a flow's addresses mean on this server, as long as its session lasts: URIs against the namespace array,
 * browse paths by asking the server. What was found is kept; what was not is asked for again.
 */
export class AddressBook {
  private readonly known = new WeakMap<Address, NodeId>();
  private readonly translations: Batches;

  constructor(
    private readonly library: OpcUaLibrary,
    private readonly ua: UaSession,
  ) {
    this.translations = new Batches(ua.operationLimits.maxNodesPerTranslateBrowsePathsToNodeIds, 'browse path');
  }

  /** One outcome per address, in order. Rejects only when the link is lost or the signal aborted. */
  async resolve(addresses: readonly Address[], signal: AbortSignal): Promise<Outcome<NodeId>[]> {
    const unknown = [...new Set(addresses.filter((address) => !this.known.has(address)))];
    const failures = new Map<Address, DeviceError>();
    const paths: { readonly address: Address; readonly path: BrowsePath }[] = [];
    for (const address of unknown) {
      try {
        const path = this.pathOf(address);
        if (path === undefined) this.known.set(address, this.nodeOf(address));
        else paths.push({ address, path });
      } catch (error) {
        failures.set(address, toDeviceError(error, ErrorCode.CONFIG));
      }
    }
    await this.translate(paths, failures, signal);
    return addresses.map((address) => {
      const answer = this.known.get(address);
      if (answer !== undefined) return { ok: true, answer };
      const error = failures.get(address) ?? new DeviceError(ErrorCode.BAD_RESPONSE, 'the node was not found');
      return { ok: false, error };
    });
  }

  private async translate(
    paths: readonly { readonly address: Address; readonly path: BrowsePath }[],
    failures: Map<Address, DeviceError>,
    signal: AbortSignal,
  ): Promise<void> {
    const results = await this.translations.run(paths, signal, (batch) =>
      this.ua.session.translateBrowsePath(batch.map(({ path }) => path)),
    );
    results.forEach((result, index) => {
      const address = paths[index]?.address;
      if (address === undefined) return;
      const found = result.ok ? targetOf(result.answer, address) : result.error;
      if (found instanceof DeviceError) failures.set(address, found);
      else this.known.set(address, found);
    });
  }

  private nodeOf({ nodeID }: Address): NodeId {
    if (nodeID === undefined) return this.library.coerceNodeId(ROOT);
    return toLibraryNodeId(this.library, nodeID, this.ua.namespaces());
  }

  private pathOf(address: Address): BrowsePath | undefined {
    const { browsePath } = address;
    if (browsePath === undefined) return undefined;
    const elements = browsePath.map((step) => ({
      referenceTypeId: this.referenceType(step),
      isInverse: step.isInverse,
      includeSubtypes: step.includeSubtypes,
      targetName: { namespaceIndex: namespaceIndex(step.namespace, this.ua.namespaces()), name: step.name },
    }));
    return new this.library.BrowsePath({ startingNode: this.nodeOf(address), relativePath: { elements } });
  }

  private referenceType({ reference }: PathStep): NodeId {
    if (reference === '/') return this.library.coerceNodeId(HIERARCHICAL_REFERENCES);
    if (reference === '.') return this.library.coerceNodeId(AGGREGATES);
    const id = (this.library.ReferenceTypeIds as unknown as Readonly<Record<string, unknown>>)[reference.name];
    if (typeof id === 'number') return this.library.coerceNodeId(`i=${id}`);
    throw new DeviceError(
      ErrorCode.CONFIG,
      `the browse path names ${reference.name}, which is no standard reference type`,
    );
  }
}

function targetOf({ statusCode, targets }: BrowsePathResult, { browsePath }: Address): NodeId | DeviceError {
  const context = `browse path ${formatBrowsePath(browsePath ?? [])}`;
  if (!statusCode.isGood()) return itemError(statusCode, context);
  // A target with a remaining path lies on another server.
  const target = targets?.find(({ remainingPathIndex }) => remainingPathIndex === 0xffff_ffff) ?? targets?.[0];
  return (
    target?.targetId ?? new DeviceError('OPCUA_BadNoMatch', `${context}: no node has this browse path (BadNoMatch)`)
  );
}
