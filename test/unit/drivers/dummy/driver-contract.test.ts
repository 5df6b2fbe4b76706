import { surroundingsOf } from '../../../support/fakes/surroundings.ts';
import { dummyKind } from '../../../../src/drivers/dummy/index';
import type { DummyConfig } from '../../../../src/drivers/dummy/config';
import { type Ports, systemClock } from '../../../../src/base/ports';
import { type ContractSubject, describeDriverContract } from '../../../support/device/driver-contract.ts';
import { MemoryLog } from '../../../support/fakes/fake-clock.ts';
import type { DummyProperty } from '../../../../src/drivers/dummy/property';

const HOUR_MS = 3_600_000;

/** The "peer" of a dummy device is its surroundings: what its clock and its dice do. */
class Surroundings {
  private isReachable = true;
  private isSilent = false;
  private drop: (() => void) | undefined;
  private readonly steps = new Set<() => void>();

  readonly ports: Ports = {
    log: new MemoryLog(),
    random: () => (this.isReachable ? 0.99 : 0),
    clock: {
      now: () => systemClock.now(),
      setTimeout: (callback, delayMs) => {
        if (delayMs < 1000) return systemClock.setTimeout(callback, this.isSilent ? HOUR_MS : delayMs);
        if (delayMs === HOUR_MS) this.drop = callback;
        else this.steps.add(callback);
        return callback;
      },
      clearTimeout: (handle) => {
        if (typeof handle !== 'function') systemClock.clearTimeout(handle);
        else if (handle === this.drop) this.drop = undefined;
        else this.steps.delete(handle as () => void);
      },
    },
  };

  async stopPeer(): Promise<void> {
    this.isReachable = false;
    this.drop?.();
    await Promise.resolve();
  }

  async startPeer(): Promise<void> {
    this.isReachable = true;
    await Promise.resolve();
  }

  async silencePeer(): Promise<void> {
    this.isSilent = true;
    await Promise.resolve();
  }

  /** Lets the fan make its next step, or the robot its next value. */
  async notify(): Promise<void> {
    const due = [...this.steps];
    this.steps.clear();
    for (const step of due) step();
    await Promise.resolve();
  }
}

const FAULTS = { connect: 0.5, delay: '1ms', drop: '1h' };

function parse(raw: Record<string, unknown>): DummyConfig {
  const parsed = dummyKind.parse({ ...raw, faults: FAULTS }, {});
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.value;
}

function subjectOf(
  config: DummyConfig,
  parts: (named: (name: string) => DummyProperty) => object,
): ContractSubject<DummyProperty> {
  const surroundings = new Surroundings();
  const named = (name: string): DummyProperty => config.properties.find((property) => property.name === name)!;
  return {
    driver: dummyKind.createDriver(config, surroundingsOf(surroundings.ports)),
    readable: config.properties,
    unreachable: () => {
      const nowhere = new Surroundings();
      void nowhere.stopPeer();
      return dummyKind.createDriver(config, surroundingsOf(nowhere.ports));
    },
    stopPeer: () => surroundings.stopPeer(),
    startPeer: () => surroundings.startPeer(),
    silencePeer: () => surroundings.silencePeer(),
    notify: () => surroundings.notify(),
    dispose: () => Promise.resolve(),
    ...parts(named),
  };
}

describeDriverContract('dummy fan', async () => {
  const config = parse({ kind: 'special', on: true, gear: 'middle' });
  await Promise.resolve();
  return subjectOf(config, (named) => ({
    expected: [true, 'middle', 100],
    bad: { ...named('on'), name: 'colour' },
    writes: [
      { property: named('gear'), value: 'fast' },
      { property: named('on'), value: true },
    ],
    badWrite: { property: named('rotatingSpeed'), value: 5 },
  }));
});

describeDriverContract('dummy robot', async () => {
  const config = parse({
    kind: 'protocol',
    properties: [
      { name: 'level', type: 'int', accessMode: 'NotifyOnly' },
      { name: 'fixed', type: 'int64', signal: { shape: 'constant', value: '9007199254740993' } },
      { name: 'list', type: 'array', arrayProperties: { type: 'string' } },
    ],
  });
  await Promise.resolve();
  return subjectOf(config, (named) => ({
    writes: [
      { property: named('fixed'), value: 5n },
      { property: named('list'), value: ['a'] },
    ],
  }));
});
