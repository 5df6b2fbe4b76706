import { describe, expect, it } from 'vitest';
import type { DeviceTopic } from '../../../../src/mqtt/extension/device-topic';
import { MqttExtension } from '../../../../src/mqtt/extension/extension';
import { fakePorts, flushMicrotasks } from '../../../support/fakes/fake-clock';
import { FakeConnection } from '../../../support/fakes/fake-connection';
import { extensionConfig, identity } from '../../../support/mqtt/mqtt-extension';

function bench(raw: Record<string, unknown> = {}) {
  const made: FakeConnection[] = [];
  const ports = fakePorts();
  const client = { server: 'tcp://broker', clientID: 'gw-:uid', ...(raw['client'] as object | undefined) };
  const config = extensionConfig({ version: 2, message: { topic: { prefix: 'plant' } }, ...raw, client });
  const start = (): MqttExtension =>
    new MqttExtension(config, ports, (options) => {
      const connection = new FakeConnection(options);
      connection.connect();
      made.push(connection);
      return connection;
    });
  const attach = (extension: MqttExtension, name = 'device-1', availability = true): DeviceTopic =>
    extension.attach({ device: { ...identity(1), name }, availability });
  /** What was published, of all connections. */
  const said = (): string[] =>
    made.flatMap(({ publish }) => publish.mock.calls.map(([topic, payload]) => `${topic} ${payload.toString()}`));
  const endCloses = async (): Promise<void> => {
    await flushMicrotasks();
    for (const connection of made) connection.endClose();
    await flushMicrotasks();
  };
  return { made, start, attach, said, clock: ports.clock, endCloses };
}

const OFFLINE = 'plant/default/device-1/$availability offline';
const leave = (topic: DeviceTopic): void => {
  expect(topic.leaveFarewell('$availability', 'offline')).toBe(true);
  void topic.detach();
};

describe.each(['shared', 'dedicated'])('a farewell (%s)', (connection) => {
  it('is not said where the device comes back; its connection goes on', async () => {
    const { made, start, attach, said, clock, endCloses } = bench({ connection });
    const extension = start();
    leave(attach(extension));
    const again = attach(extension);
    expect(again.isSuccessor).toBe(true);
    await clock.advance(60_000);
    expect(said()).toEqual([]);
    expect(made).toHaveLength(1);
    void extension.close();
    await endCloses();
    expect(clock.pending).toEqual([]);
  });

  it('is said after a while where it does not', async () => {
    const { made, start, attach, said, clock } = bench({ connection });
    leave(attach(start()));
    await clock.advance(4999);
    expect(said()).toEqual([]);
    await clock.advance(1);
    expect(said()).toEqual([OFFLINE]);
    expect(made[0]!.log).toEqual(['open', 'close']);
    expect(clock.pending).toHaveLength(1); // of the close
  });

  it('is said when the extension is closed, and not taken afterwards', async () => {
    const { start, attach, said, endCloses, clock } = bench({ connection });
    const extension = start();
    const late = attach(extension, 'device-2');
    void late.detach();
    leave(attach(extension));
    void extension.close();
    await endCloses();
    expect(said()).toContain(OFFLINE);
    expect(late.leaveFarewell('$availability', 'offline')).toBe(false);
    expect(clock.pending).toEqual([]);
  });

  it('is said where the device has another topic, or tells its availability no more', async () => {
    for (const [name, availability] of [
      ['device-2', true],
      ['device-1', false],
    ] as const) {
      const { start, attach, said, clock } = bench({ connection });
      const extension = start();
      leave(attach(extension));
      expect(attach(extension, name, availability).isSuccessor).toBe(false);
      await clock.advance(5000);
      expect(said()).toEqual([OFFLINE]);
    }
  });

  it('is handed over to the extension that takes the place of this one', async () => {
    for (const comesBack of [true, false]) {
      const { start, attach, said, clock, endCloses } = bench({ connection, publish: { availability: true } });
      const former = start();
      leave(attach(former));
      const handedOver = former.handOver();
      await endCloses();
      const next = start();
      next.inherit(await handedOver);
      expect(said()).toEqual([]);
      if (comesBack) expect(attach(next).isSuccessor).toBe(true);
      await clock.advance(6000);
      expect(said().filter((message) => message === OFFLINE)).toHaveLength(comesBack ? 0 : 1);
    }
  });

  it('is not taken where the session is kept, which collects what is sent meanwhile', () => {
    const { start, attach } = bench({ connection, client: { cleanSession: false } });
    expect(attach(start()).leaveFarewell('$availability', 'offline')).toBe(false);
  });
});

describe('a dedicated connection', () => {
  it('is closed and made anew where the device that comes back has another will', async () => {
    const { made, start, attach, said, endCloses } = bench({ connection: 'dedicated' });
    const extension = start();
    leave(attach(extension));
    attach(extension, 'renamed');
    await endCloses();
    expect(said()).toEqual([OFFLINE]);
    expect(made.map(({ log }) => log)).toEqual([['open', 'close'], ['open']]);
    expect(made[1]!.options.will?.topic).toBe('plant/default/renamed/$availability');
  });
});
