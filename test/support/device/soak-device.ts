import { Device } from '../../../src/device/engine/device.ts';
import type { Ports } from '../../../src/base/ports.ts';
import type { OpcUaConfig } from '../../../src/drivers/opcua/config/config.ts';
import type { OpcUaProperty } from '../../../src/drivers/opcua/config/property.ts';
import { surroundingsOf } from '../fakes/surroundings.ts';
import { opcuaKind } from '../../../src/drivers/opcua/index.ts';

/** What became of the writes. Each is in exactly one of `pending`, `good` and `lost`. */
export interface WriteTally {
  readonly pending: number;
  readonly good: number;
  /** By error code. */
  readonly lost: ReadonlyMap<string, number>;
  /** How many of the lost had arrived all the same: the connection broke before the answer came. */
  readonly arrivedThoughLost: number;
  /** What must not be: a write told to be good that never arrived, one not settled once, an old value after an outage. */
  readonly wrong: readonly string[];
}

/** A device that writes to its setpoints as fast as it is told to, and keeps account of outages and of what it was told. */
export class SoakDevice {
  readonly device: Device<OpcUaProperty>;
  /** How long each outage lasted, from the loss of the link to the first sync on a new one; ms. */
  readonly outages: number[] = [];
  /** How much of it came after the last cut; ms. */
  readonly recoveries: number[] = [];
  private lastCut = 0;
  private downSince: number | undefined;
  private readonly pending = new Set<number>();
  private good = 0;
  private arrivedThoughLost = 0;
  private readonly lost = new Map<string, number>();
  private readonly wrong: string[] = [];

  constructor(
    name: string,
    config: OpcUaConfig,
    userDirectory: string,
    ports: Ports,
    /** What arrived at the server; the value is taken out once its write was settled. */
    private readonly arrived: Set<number>,
  ) {
    const driver = opcuaKind.createDriver(config, surroundingsOf(ports, userDirectory));
    this.device = new Device({
      identity: { name, namespace: 'soak', uid: name, protocol: 'opcua' },
      config,
      driver,
      ports,
    });
    this.device.events.on('state', ({ state, properties }) => {
      if (state === 'unhealthy') this.downSince ??= Date.now();
      if (state !== 'healthy' || this.downSince === undefined) return;
      for (const { name: property, updatedAt = 0 } of properties) {
        if (updatedAt < this.downSince) this.wrong.push(`${property} is from before the outage`);
      }
      this.outages.push(Date.now() - this.downSince);
      this.recoveries.push(Date.now() - Math.max(this.downSince, this.lastCut));
      this.downSince = undefined;
    });
  }

  get tally(): WriteTally {
    return {
      pending: this.pending.size,
      good: this.good,
      lost: this.lost,
      arrivedThoughLost: this.arrivedThoughLost,
      wrong: this.wrong,
    };
  }

  /** The connection, if there is one, is being cut. */
  noteCut(): void {
    this.lastCut = Date.now();
  }

  /** Does not wait for the answer. `value` was never written before. */
  write(setpoint: string, value: number): void {
    this.pending.add(value);
    void this.device.write({ [setpoint]: value }).then((results) => {
      const [result] = results;
      if (results.length !== 1 || result === undefined || !this.pending.delete(value)) {
        this.wrong.push(`${setpoint} = ${value}: ${results.length} results`);
      } else if (result.error !== undefined) {
        this.lost.set(result.error.code, (this.lost.get(result.error.code) ?? 0) + 1);
        if (this.arrived.has(value)) this.arrivedThoughLost += 1;
      } else {
        this.good += 1;
        if (!this.arrived.has(value)) this.wrong.push(`${setpoint} = ${value} was told to be good`);
      }
      this.arrived.delete(value);
    });
  }
}
