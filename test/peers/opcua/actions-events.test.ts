import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { actingDriver } from '../../support/opcua/opcua-driver.ts';
import { addMachine, type OpcUaMachine } from '../../support/opcua/opcua-machine.ts';
import { OpcUaTestServer } from '../../support/opcua/opcua-server.ts';

type Event = Record<string, unknown>;

let machine: OpcUaMachine;
const server = new OpcUaTestServer({
  populate: (addressSpace) => {
    machine = addMachine(addressSpace);
  },
});
let client: ReturnType<typeof actingDriver>;

beforeAll(async () => {
  await server.start();
});
afterAll(async () => {
  await server.remove();
});
beforeEach(async () => {
  client = actingDriver(server.endpoint);
  await client.connect();
});
afterEach(async () => {
  await client.end();
});

const events = (): Event[] =>
  client.messages.filter(({ action }) => action === 'event').map((each) => each.payload as Event);
const texts = (): unknown[] => events().map(({ Message }) => Message);
/** Subscriptions on the server, of all its sessions. */
const subscriptionCount = (): number => server.server.engine.currentSubscriptionCount;
/** Those with an item: only they can tell events. */
const working = (): number => server.itemCounts.flat().filter((count) => count > 0).length;
const refusal = async (action: string, payload?: unknown) =>
  client.act(action, payload).catch((error: unknown) => error);

/**
 * Raises an event as soon as the next item listens (node-opcua's server has it do so in a `setImmediate`), and keeps the event
 * loop busy for longer than a publishing interval: the answer and the event then reach the client in one piece.
 */
const raiseWhenMade = (text: string): void => {
  const raise = (): void => {
    machine.raise(300, text);
    const until = performance.now() + 150;
    while (performance.now() < until);
  };
  server.onNextItem(() => queueMicrotask(() => setImmediate(raise)));
};

describe('events', () => {
  it('arrive as messages, with the fields of every event', async () => {
    const answer = await client.act('events', { interval: '50ms' });
    expect(answer).toMatchObject({ subscription: 'events', fields: expect.arrayContaining(['Severity']) as unknown });
    machine.raise(300, 'door open');
    await expect.poll(() => texts(), { timeout: 3000 }).toEqual(['door open']);
    expect(events()[0]).toMatchObject({
      subscription: 'events',
      EventType: 'i=2041',
      SourceNode: 'ns=1;s=Machine',
      SourceName: 'Machine',
      Severity: 300,
      Time: expect.stringMatching(/^\d{4}-.*Z$/) as unknown,
      EventId: expect.stringMatching(/^[A-Za-z0-9+/]+=*$/) as unknown,
    });
    expect(events()[0]).not.toHaveProperty('ConditionId');
    expect(() => JSON.stringify(events())).not.toThrow();
  });

  it.each(['none', 'their own'])(
    "have the fields of the server's own types and subtypes, with %s given",
    async (given) => {
      const eventType = given === 'none' ? {} : { eventType: machine.batchType };
      const answer = await client.act<{ fields: string[] }>('events', { interval: '50ms', ...eventType });
      expect(answer.fields).toEqual(expect.arrayContaining(['Severity', '1:Batch', '1:Waste']));
      machine.raiseBatch('A7', 0.5);
      await expect.poll(events).toMatchObject([{ Message: 'batch', '1:Batch': 'A7', '1:Waste': 0.5 }]);
    },
  );

  it('have only the fields that were asked for, where any were', async () => {
    const answer = await client.act<{ fields: string[] }>('events', { interval: '50ms', fields: ['1:Batch'] });
    expect(answer.fields).not.toContain('1:Waste');
    machine.raiseBatch('A7', 0.5);
    await expect.poll(events).toMatchObject([{ '1:Batch': 'A7' }]);
    expect(events()[0]).not.toHaveProperty('1:Waste');
  });

  it('are filtered by the server: severity, source and type together, and only the fields asked for', async () => {
    await client.act('events', {
      subscription: 'grave',
      interval: '50ms',
      minSeverity: 500,
      sourceNode: 'ns=1;s=Machine',
      eventType: 'BaseEventType',
      fields: 'ReceiveTime',
    });
    await client.act('events', { subscription: 'audit', interval: '50ms', eventType: 'AuditEventType' });
    machine.raise(499, 'slight');
    machine.raise(500, 'grave');
    await expect.poll(() => texts(), { timeout: 3000 }).toEqual(['grave']);
    expect(events()[0]).toMatchObject({ subscription: 'grave' });
  });

  it('leave no subscription on the server when they are given up at any moment', async () => {
    for (let delay = 0; delay < 20; delay += 1) {
      const giveUp = new AbortController();
      const asked = client.driver.perform!('events', { payload: {} }, giveUp.signal).catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, delay / 2));
      giveUp.abort();
      await asked;
    }
    await refusal('unsubscribe', { subscription: 'events' }); // there is one if an attempt was in time
    await expect.poll(subscriptionCount, { timeout: 3000 }).toBe(0);
  });

  it('of a second subscription of the same name take the place of the first', async () => {
    await client.act('events', { interval: '50ms' });
    await client.act('events', { interval: '50ms', minSeverity: 100 });
    expect(subscriptionCount()).toBe(1);
    machine.raise(100, 'once');
    await expect.poll(() => texts().length, { timeout: 3000 }).toBeGreaterThan(0);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(texts()).toEqual(['once']);
  });

  it('end with unsubscribe, and with the driver', async () => {
    await client.act('events', { interval: '50ms' });
    await client.act('events', { subscription: 'other', interval: '50ms' });
    expect(await client.act('unsubscribe')).toEqual({ subscription: 'events' });
    expect(subscriptionCount()).toBe(1);
    expect(await refusal('unsubscribe')).toMatchObject({
      code: 'BAD_MESSAGE',
      message: 'msg.payload.subscription: must be one of "other", got "events"',
    });
    await client.driver.close();
    expect(subscriptionCount()).toBe(0);
  });

  it('tell what happens while they are being made', async () => {
    raiseWhenMade('early');
    await client.act('events', { interval: '50ms' });
    await expect.poll(() => texts(), { timeout: 3000 }).toEqual(['early']);
  });

  it('go on after a reconnect, each once', async () => {
    await client.act('events', { interval: '50ms' });
    await client.act('events', { subscription: 'other', interval: '50ms', minSeverity: 900 });
    await client.driver.close();
    await client.connect();
    await expect.poll(working, { timeout: 3000 }).toBe(2);
    machine.raise(300, 'after');
    await expect.poll(() => texts().length, { timeout: 3000 }).toBeGreaterThan(0);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(texts()).toEqual(['after']);
  });

  it('go on after a restart of the server', async () => {
    await client.act('events', { interval: '50ms' });
    const lost = new Promise((resolve) => client.driver.events.once('lost', resolve));
    await server.stop();
    await lost;
    await client.driver.close(); // as the engine does
    await server.start();
    await expect
      .poll(
        () =>
          client.connect().then(
            () => true,
            () => false,
          ),
        { timeout: 8000 },
      )
      .toBe(true);
    await expect.poll(working, { timeout: 3000 }).toBe(1);
    machine.raise(300, 'after');
    await expect.poll(() => texts(), { timeout: 3000 }).toEqual(['after']);
  }, 20_000);

  it.each([
    [{ minSeverity: 0 }, /^msg\.payload\.minSeverity: must be a whole number from 1 to 1000/],
    [{ eventType: 'Party' }, /^msg\.payload\.eventType: must be the name of a type/],
    [{ sourceNode: 'x' }, /^msg\.payload\.sourceNode: must be a NodeId/],
    [{ fields: [1] }, /^msg\.payload\.fields: must be a text or a list of texts/],
    [{ interval: 'often' }, /^msg\.payload\.interval: /],
  ])('refuse %j, naming the field', async (payload, message) => {
    expect(await refusal('events', payload)).toMatchObject({
      code: 'BAD_MESSAGE',
      message: expect.stringMatching(message) as unknown,
    });
    expect(subscriptionCount()).toBe(0);
  });

  it('cannot be had of a node that is not there, and leave nothing behind', async () => {
    expect(await refusal('events', 'ns=1;s=nowhere')).toMatchObject({
      code: expect.stringMatching(/^OPCUA_Bad/) as unknown,
    });
    expect(subscriptionCount()).toBe(0);
  });
});

describe('alarms', () => {
  it('are listed, acknowledged with a comment, and confirmed', async () => {
    machine.setTemperature(90);
    const { alarms } = await client.act<{ alarms: Event[] }>('alarms');
    expect(alarms).toMatchObject([
      { ConditionName: 'TooHot', ActiveState: true, AckedState: false, SourceNode: 'ns=1;s=Machine.Temperature' },
    ]);
    expect(subscriptionCount()).toBe(0);

    // The event as it came is a payload.
    expect(await client.act('acknowledge', { ...alarms[0], comment: 'seen' })).toEqual({ status: 'Good' });
    const [acked] = (await client.act<{ alarms: Event[] }>('alarms')).alarms;
    expect(acked).toMatchObject({ AckedState: true, ConfirmedState: false, Comment: 'seen' });

    const { ConditionId: conditionID, EventId: eventID } = acked!;
    expect(await client.act('confirm', { conditionID, eventID, comment: 'mended' })).toEqual({ status: 'Good' });
    expect(await refusal('confirm', { conditionID, eventID })).toMatchObject({
      code: expect.stringMatching(/^OPCUA_Bad/) as unknown,
    });
    machine.setTemperature(20);
    expect((await client.act('alarms'))['alarms']).toMatchObject([{ ActiveState: false, Comment: 'mended' }]);
  });

  it('arrive as events when they come and go', async () => {
    await client.act('events', { interval: '50ms', eventType: 'AlarmConditionType' });
    machine.setTemperature(90);
    machine.setTemperature(20);
    await expect.poll(() => events().at(-1)?.['ActiveState'], { timeout: 3000 }).toBe(false);
    expect(events()[0]?.['ActiveState']).toBe(true);
    expect(events()[0]).toMatchObject({
      ConditionName: 'TooHot',
      ConditionId: expect.stringMatching(/^ns=1;/) as unknown,
    });
  });

  it.each([
    ['acknowledge', {}, /conditionID: is required.*eventID: must be the EventId of the event, as Base64/],
    ['confirm', { conditionID: 'ns=1;s=x', eventID: '???' }, /^msg\.payload\.eventID: must be .* got "\?\?\?"/],
    ['addComment', { ConditionId: 'x', EventId: 'AAAA' }, /^msg\.payload\.ConditionId: must be a NodeId/],
  ])('%s refuses %j, naming the field', async (action, payload, message) => {
    expect(await refusal(action, payload)).toMatchObject({
      code: 'BAD_MESSAGE',
      message: expect.stringMatching(message) as unknown,
    });
  });
});
