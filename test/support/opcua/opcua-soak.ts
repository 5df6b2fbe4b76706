import { type AddressSpace, DataType, StatusCodes, type UAVariable, Variant } from 'node-opcua';
import { CuttingProxy } from '../mqtt/cutting-proxy.ts';
import { OpcUaTestServer } from './opcua-server.ts';

/** How a connection ends: torn in the network, or by the server, which drops its sockets or closes its channels. */
export const FAULTS = ['torn', 'dropped', 'closed'] as const;
export type Fault = (typeof FAULTS)[number];

/**
 * A server that is reached through a proxy and ends connections on demand. It holds `v0`, `v1`, ..., which change here,
 * and the setpoints `w0`, `w1`, ..., which keep a record of what was written.
 */
export class SoakPlant {
  /** Written to a setpoint although it, or something newer, had been written there before: a write that was replayed. */
  readonly replayed: string[] = [];
  /** Values that arrived at the setpoints and have not been taken out yet. */
  readonly arrived = new Set<number>();
  private variables: UAVariable[] = [];
  private proxy: CuttingProxy | undefined;
  private readonly server: OpcUaTestServer;

  constructor(
    readonly variableCount: number,
    readonly setpointCount: number,
  ) {
    this.server = new OpcUaTestServer({ populate: (space) => this.populate(space) });
  }

  /** The proxy's. */
  get endpoint(): string {
    return `opc.${this.proxy?.url ?? ''}`;
  }

  get sessionCount(): number {
    return this.server.sessionCount;
  }

  /** As of the server. */
  get itemCounts(): number[][] {
    return this.server.itemCounts;
  }

  async start(): Promise<void> {
    await this.server.start();
    this.proxy = await CuttingProxy.start(this.server.port);
  }

  async remove(): Promise<void> {
    await this.proxy?.stop();
    await this.server.remove();
  }

  set(index: number, value: number): void {
    this.variables[index]?.setValueFromSource({ dataType: DataType.Double, value });
  }

  fail(fault: Fault): void {
    if (fault === 'torn') this.proxy?.cut();
    for (const endpoint of this.server.server.endpoints) {
      if (fault === 'dropped') endpoint.abruptlyInterruptChannels();
      if (fault === 'closed') for (const channel of endpoint.getChannels()) channel.close();
    }
  }

  private populate(space: AddressSpace): void {
    const own = space.getOwnNamespace();
    const common = { organizedBy: space.rootFolder.objects, dataType: 'Double', minimumSamplingInterval: 50 };
    this.variables = Array.from({ length: this.variableCount }, (_, index) =>
      own.addVariable({
        ...common,
        browseName: `v${index}`,
        nodeId: `s=v${index}`,
        value: { dataType: DataType.Double, value: 0 },
      }),
    );
    for (let index = 0; index < this.setpointCount; index += 1) {
      let held = 0;
      const set = ({ value }: { value: number }) => {
        if (value <= held) this.replayed.push(`w${index} = ${value} after ${held}`);
        held = value;
        this.arrived.add(value);
        return StatusCodes.Good;
      };
      const get = () => new Variant({ dataType: DataType.Double, value: held });
      own.addVariable({
        ...common,
        browseName: `w${index}`,
        nodeId: `s=w${index}`,
        accessLevel: 'CurrentRead | CurrentWrite',
        value: { get, set },
      });
    }
  }
}

/** Numbers in [0, 1) that a seed determines (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
