import type { Reading } from '../../../device/driver';
import type { TimerHandle } from '../../../base/ports';
import type { OpcUaProperty } from '../config/property';
import { naturalVariant } from '../values/natural';
import { ATTRIBUTES } from '../config/attributes';
import type { UaLink } from './link';
import { readProperties } from './reader';

/** How many publishing intervals lie between two looks, and how much at least. */
const INTERVALS = 5;
const LEAST_MS = 1000;

/**
 * Looks at properties with a dead-band at the server. Servers that hold a value against the one before it, instead of the
 * one told last (asyncua 2.1.0), never tell one that drifts slowly: what is further away than the dead-band is told here.
 */
export class DriftWatch {
  private readonly told = new Map<OpcUaProperty, unknown>();
  private readonly spans = new Map<OpcUaProperty, number>();
  private readonly intervalMs: number;
  private timer: TimerHandle;

  constructor(
    private readonly link: UaLink,
    private readonly properties: readonly OpcUaProperty[],
    publishingIntervalMs: number,
    private readonly tell: (reading: Reading) => void,
    private readonly signal: AbortSignal,
  ) {
    this.intervalMs = Math.max(LEAST_MS, INTERVALS * publishingIntervalMs);
    if (properties.length === 0) return;
    signal.addEventListener('abort', () => this.link.clock.clearTimeout(this.timer), { once: true });
    this.schedule();
  }

  /** What the server has told by itself. */
  note(property: OpcUaProperty, { value, quality }: Reading): void {
    if (quality !== 'bad') this.told.set(property, value);
  }

  private schedule(): void {
    if (this.signal.aborted) return;
    this.timer = this.link.clock.setTimeout(() => {
      void this.look()
        .catch(() => undefined)
        .then(() => this.schedule());
    }, this.intervalMs);
  }

  /** A lost link is told by whoever has the session. */
  private async look(): Promise<void> {
    const readings = await this.link.begun.add(readProperties(this.properties, this.link, this.signal));
    for (const [index, property] of this.properties.entries()) {
      const reading = readings[index];
      // One that was never told is still on its way.
      if (reading === undefined || reading.quality === 'bad' || !this.told.has(property)) continue;
      if (!isFurther(this.told.get(property), reading.value, await this.bandOf(property))) continue;
      this.told.set(property, reading.value);
      if (!this.signal.aborted) this.tell(reading);
    }
  }

  /** In units of the value. */
  private async bandOf(property: OpcUaProperty): Promise<number> {
    const { deadband } = property.visitor;
    if (deadband?.kind !== 'percent') return deadband?.value ?? 0;
    const span = this.spans.get(property) ?? (await this.spanOf(property));
    this.spans.set(property, span);
    return (deadband.value / 100) * span;
  }

  /** Of the node's EURange, on which percents are (part 8, 7.2); 0 where the server does not tell it. */
  private async spanOf({ visitor }: OpcUaProperty): Promise<number> {
    const step = {
      reference: '.',
      isInverse: false,
      includeSubtypes: true,
      namespace: { index: 0 },
      name: 'EURange',
    } as const;
    const address = { ...visitor, browsePath: [...(visitor.browsePath ?? []), step] };
    const [node] = await this.link.addresses.resolve([address], this.signal);
    if (node?.ok !== true) return 0;
    const request = { nodeId: node.answer, attributeId: ATTRIBUTES.Value.id };
    const [answer] = await this.link.reads.run([request], this.signal, (batch) => this.link.ua.session.read(batch));
    const range =
      answer?.ok === true
        ? (naturalVariant(answer.answer.value) as { Low?: number; High?: number } | undefined)
        : undefined;
    return Math.abs((range?.High ?? 0) - (range?.Low ?? 0));
  }
}

function isFurther(told: unknown, now: unknown, band: number): boolean {
  if (Array.isArray(told) && Array.isArray(now)) {
    return told.length !== now.length || told.some((each, index) => isFurther(each, now[index], band));
  }
  return Math.abs(Number(now) - Number(told)) > band;
}
