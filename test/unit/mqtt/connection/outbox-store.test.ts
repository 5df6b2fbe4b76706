import { describe, expect, it } from 'vitest';
import { DeviceError } from '../../../../src/base/errors';
import type { StoredMessage } from '../../../../src/mqtt/store/message-store';
import { createOutbox, NotedWire, outgoing, SlowStore } from '../../../support/mqtt/outbox-bench';

const stored = (key: number, given: Partial<StoredMessage> = {}): StoredMessage => ({
  key,
  topic: 'a',
  payload: `old ${key}`,
  qos: 2,
  retained: false,
  acceptedAt: key,
  packetId: undefined,
  isReleased: false,
  ...given,
});

describe('an outbox over a store that takes its time', () => {
  it('sends what the store has confirmed, in the order of acceptance, whatever is confirmed first', async () => {
    const store = new SlowStore();
    const outbox = createOutbox({ store });
    const wire = new NotedWire();
    outbox.attach(wire, false);
    for (const name of ['one', 'two']) outbox.add(outgoing(name, 1).message);
    const [first] = store.steps.splice(0, 1);
    await store.confirm('put 2');
    expect(wire.left).toEqual([]);
    first?.confirm();
    await Promise.resolve();
    await store.confirm('update 1 1');
    await store.confirm('update 2 2');
    expect(wire.left).toEqual(['one', 'two']);
  });

  it('settles what the store refuses with its reason, and goes on with the others', async () => {
    const store = new SlowStore();
    const outbox = createOutbox({ store });
    const wire = new NotedWire();
    outbox.attach(wire, false);
    const [refused, taken] = [outgoing('refused', 1), outgoing('taken', 1)];
    outbox.add(refused.message);
    outbox.add(taken.message);
    await store.refuse(new DeviceError('MQTT_STORE_FULL', 'the disk is full'));
    await store.confirm('put 2');
    await store.confirm('update 2 1');
    expect(wire.left).toEqual(['taken']);
    expect([refused.value, outbox.dropped]).toEqual(['MQTT_STORE_FULL', 1]);
    wire.answers.get(1)?.();
    expect([taken.value, outbox.size, store.removed]).toEqual(['through', 0, [2]]);
  });

  it('settles what the store refuses at once', () => {
    const store = new SlowStore();
    store.put = () => {
      throw new DeviceError('MQTT_STORE_FULL', 'the disk is full');
    };
    const outbox = createOutbox({ store });
    const refused = outgoing('refused', 2);
    outbox.add(refused.message);
    expect([refused.value, outbox.size]).toEqual(['MQTT_STORE_FULL', 0]);
  });

  it('does not write under an identifier that the store has not noted when the link is gone by then', async () => {
    const store = new SlowStore();
    const outbox = createOutbox({ store });
    const wire = new NotedWire();
    outbox.attach(wire, false);
    outbox.add(outgoing('one', 2).message);
    await store.confirm('put 1');
    outbox.detach(false);
    await store.confirm('update 1 1');
    expect(wire.left).toEqual([]);
    outbox.attach(wire, true);
    expect(wire.left).toEqual(['one again']);
  });

  it('releases a QoS 2 message once that is noted, also on the next connection', async () => {
    const store = new SlowStore();
    const outbox = createOutbox({ store });
    outbox.attach(new NotedWire(), false);
    const { message } = outgoing('one', 2);
    outbox.add(message);
    await store.confirm('put 1');
    await store.confirm('update 1 1');
    const noted = outbox.received(1);
    outbox.detach(false);
    const wire = new NotedWire();
    outbox.attach(wire, true);
    await store.confirm('update 1 1 released');
    await noted;
    expect([message.isReleased, wire.left]).toEqual([true, []]);
    await store.confirm('update 1 1 released');
    expect(wire.left).toEqual(['release 1']);
  });
});

describe('what an earlier run has left', () => {
  it('goes first and in its place of the protocol; new keys follow the old ones', () => {
    const outbox = createOutbox({}, [
      stored(3, { packetId: 9, isReleased: true }),
      stored(4, { packetId: 10 }),
      stored(5, { qos: 1 }),
    ]);
    const wire = new NotedWire();
    const added = outgoing('new', 1);
    outbox.add(added.message);
    outbox.attach(wire, true);
    expect(wire.left).toEqual(['release 9', 'old 4 again', 'old 5', 'new']);
    expect(added.message.key).toBe(6);
  });

  it('is published anew where the broker has forgotten the session', () => {
    const outbox = createOutbox({}, [stored(3, { packetId: 9, isReleased: true })]);
    const wire = new NotedWire();
    outbox.attach(wire, false);
    expect(wire.left).toEqual(['old 3']);
  });

  it('stays in the store when the outbox ends, and leaves it when it is given up', () => {
    const store = new SlowStore();
    const [kept, dropped] = [createOutbox({ store }, [stored(1)]), createOutbox({ store }, [stored(1)])];
    kept.failAll(new DeviceError('CLOSED', 'closed'), true);
    expect(store.removed).toEqual([]);
    dropped.failAll(new DeviceError('LINK_LOST', 'offline'));
    expect(store.removed).toEqual([1]);
  });
});
