import type { ClientSession, DataValue, NodeId, ReadValueIdOptions } from 'node-opcua-client';
import { DeviceError, ErrorCode } from '../../../base/errors';
import { ATTRIBUTES } from '../config/attributes';
import type { Batches, Outcome } from '../library/batches';
import type { OpcUaLibrary } from '../library/load';
import { isMoreThan, isPartOf } from '../values/index-range';

const NAMESPACE_ARRAY = 'i=2255';
/** Of an array that has two elements and more at each server. */
const FIRST = '0';

/**
 * Sees to it that nothing is written to an index range where the server would replace the whole value: the range is read
 * first, once for each node and range. Kept while the session lasts.
 */
export class RangeGuard {
  private readonly checked = new Set<string>();
  private serverKnowsRanges: boolean | undefined;

  constructor(
    private readonly library: OpcUaLibrary,
    private readonly session: ClientSession,
    private readonly reads: Batches,
  ) {}

  /** @throws DeviceError BAD_RESPONSE where the server passes over the range; else only when the link is lost or the signal aborted */
  async check(nodeId: NodeId, indexRange: string, signal: AbortSignal): Promise<void> {
    const key = `${nodeId.toString()} ${indexRange}`;
    if (this.checked.has(key)) return;
    const [whole, part] = await this.read([{ nodeId }, { nodeId, indexRange }], signal);
    const isKept = this.isKept(indexRange, whole, part) ?? (await this.isKeptElsewhere(signal));
    if (!isKept) throw passedOver(indexRange);
    this.checked.add(key);
  }

  /** Undefined where this node does not tell. */
  private isKept(indexRange: string, whole: Outcome<DataValue> | undefined, part: Outcome<DataValue> | undefined) {
    if (part?.ok !== true) return undefined;
    // Only a server that knows ranges finds nothing in one.
    if (part.answer.statusCode.name === 'BadIndexRangeNoData') return true;
    if (!part.answer.statusCode.isGood()) return undefined;
    if (whole?.ok !== true || !whole.answer.statusCode.isGood()) return !isMoreThan(indexRange, part.answer.value);
    return isPartOf(indexRange, whole.answer.value, part.answer.value);
  }

  private async isKeptElsewhere(signal: AbortSignal): Promise<boolean> {
    if (this.serverKnowsRanges === undefined) {
      const nodeId = this.library.coerceNodeId(NAMESPACE_ARRAY);
      const [part] = await this.read([{ nodeId, indexRange: FIRST }], signal);
      this.serverKnowsRanges =
        part?.ok === true && part.answer.statusCode.isGood() && !isMoreThan(FIRST, part.answer.value);
    }
    return this.serverKnowsRanges;
  }

  private read(
    nodes: readonly { readonly nodeId: NodeId; readonly indexRange?: string }[],
    signal: AbortSignal,
  ): Promise<Outcome<DataValue>[]> {
    const requests = nodes.map(
      (node) => ({ ...node, attributeId: ATTRIBUTES.Value.id }) as unknown as ReadValueIdOptions,
    );
    return this.reads.run(requests, signal, (batch) => this.session.read(batch));
  }
}

/** For a read and a write alike. */
export const passedOver = (indexRange: string): DeviceError =>
  new DeviceError(
    ErrorCode.BAD_RESPONSE,
    `the server passes over the index range ${indexRange}: it means the whole value`,
    {
      advice: 'Remove the index range, and read and write the whole value.',
    },
  );
