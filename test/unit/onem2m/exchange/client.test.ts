import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { DeviceError } from '../../../../src/base/errors.ts';
import type { IncomingRequest } from '../../../../src/onem2m/binding/binding.ts';
import { Client } from '../../../../src/onem2m/exchange/client.ts';
import type { ResponsePrimitive } from '../../../../src/onem2m/primitive/primitives.ts';
import { FakeBinding } from '../../../support/fakes/fake-binding.ts';
import { fakePorts } from '../../../support/fakes/fake-clock.ts';

let binding: FakeBinding;
let ports: ReturnType<typeof fakePorts>;
let client: Client;

beforeEach(() => {
  binding = new FakeBinding();
  ports = fakePorts();
  client = makeClient();
});

function makeClient(notifications?: FakeBinding): Client {
  return new Client({
    sender: binding,
    receivers: notifications === undefined ? [binding] : [binding, notifications],
    ports,
    timeoutMs: 1000,
    release: '3',
    originator: () => 'Cae',
    timeoutAdvice: () => 'look at its log',
  });
}

const retrieve = { op: 2, to: 'cse/a' } as const;

describe('a request', () => {
  it('is completed with id, originator and release, and settles with its answer', async () => {
    binding.handle = () => ({ rsc: 2000, pc: { 'm2m:cnt': {} } });
    client.open();
    const exchange = await client.exchange(retrieve);
    expect(exchange.request).toMatchObject({ op: 2, to: 'cse/a', fr: 'Cae', rvi: '3' });
    expect(exchange.request.rqi).toMatch(/^[\w-]{8,}$/);
    expect(exchange.response.rsc).toBe(2000);
    expect(client.size).toBe(0);
    expect(ports.clock.pending).toEqual([]);
  });

  it('keeps what the flow gives, and refuses an id that is under way', async () => {
    client.open();
    const first = client.exchange({ ...retrieve, rqi: 'mine', fr: 'Cother', rvi: '2a' });
    await expect(client.exchange({ ...retrieve, rqi: 'mine' })).rejects.toMatchObject({
      code: 'BAD_MESSAGE',
      message: expect.stringContaining('msg.onem2m.rqi') as string,
    });
    binding.respond({ rsc: 2000, rqi: 'mine' });
    expect((await first).request).toMatchObject({ rqi: 'mine', fr: 'Cother', rvi: '2a' });
  });

  it('is matched by its id alone, in any order, whatever to and fr say', async () => {
    client.open();
    const all = ['a', 'b', 'c'].map((rqi) => client.exchange({ ...retrieve, rqi }));
    for (const rqi of ['c', 'a', 'b']) binding.respond({ rsc: 2000, rqi, to: 'somebody', fr: 'else', pc: rqi });
    expect((await Promise.all(all)).map(({ response }) => response.pc)).toEqual(['a', 'b', 'c']);
  });

  it('times out in words, is withdrawn, and its late answer is told and confuses nothing', async () => {
    client.open();
    const late: ResponsePrimitive[] = [];
    client.events.on('late', (response) => late.push(response));
    const asked = client.exchange({ op: 1, to: 'cse/a', ty: 3, rqi: 'slow' }).catch((error: unknown) => error);
    await ports.clock.advance(1000);
    expect(await asked).toMatchObject({
      code: 'TIMEOUT',
      message: 'no answer to CREATE cse/a within 1000 ms; it may have taken effect',
      advice: 'look at its log',
    });
    binding.respond({ rsc: 2001, rqi: 'slow' });
    binding.respond({ rsc: 2001, rqi: 'slow' });
    expect(late).toEqual([{ rsc: 2001, rqi: 'slow' }]);
  });

  it('is withdrawn when nobody waits for it any more and it may not have left', async () => {
    client.open();
    const stuck = new FakeBinding();
    binding = stuck;
    client = makeClient();
    stuck.send = (request, { signal }) => {
      signal.addEventListener('abort', () => stuck.withdrawn.push(request.rqi));
      return new Promise(() => undefined);
    };
    client.open();
    const abort = new AbortController();
    const first = client
      .exchange({ ...retrieve, rqi: 'one' }, { signal: abort.signal })
      .catch((error: unknown) => error);
    abort.abort(new DeviceError('CLOSED', 'redeployed'));
    expect(await first).toMatchObject({ code: 'CLOSED', message: 'redeployed' });
    const second = client.exchange({ ...retrieve, rqi: 'two' });
    stuck.respond({ rsc: 2000, rqi: 'two' });
    await second;
    expect(stuck.withdrawn).toEqual(['one', 'two']);
  });

  it('waits for the link, in order, and is not sent when its time is over', async () => {
    binding.opensUp = false;
    client.open();
    const early = client.exchange({ ...retrieve, rqi: 'early' }).catch((error: unknown) => error);
    await ports.clock.advance(600);
    const later = client.exchange({ ...retrieve, rqi: 'later' });
    binding.down('nothing listens there');
    await ports.clock.advance(400);
    expect(await early).toMatchObject({
      code: 'LINK_LOST',
      message: 'RETRIEVE cse/a was not sent within 1000 ms: nothing listens there',
    });
    binding.handle = () => ({ rsc: 2000 });
    binding.up();
    await later;
    expect(binding.sent.map(({ rqi }) => rqi)).toEqual(['later']);
  });

  it('that did not leave because the link went is sent by the next one', async () => {
    client.open();
    binding.send = () => {
      binding.isUp = false;
      return Promise.reject(new DeviceError('LINK_LOST', 'gone'));
    };
    const asked = client.exchange(retrieve);
    await ports.clock.settle();
    binding.send = FakeBinding.prototype.send.bind(binding);
    binding.handle = () => ({ rsc: 2000 });
    binding.up();
    expect((await asked).response.rsc).toBe(2000);
  });

  it('that cannot be sent fails at once where there is a link', async () => {
    client.open();
    binding.sendError = new DeviceError('BAD_VALUE', 'pc cannot be encoded');
    await expect(client.exchange(retrieve)).rejects.toMatchObject({ code: 'BAD_VALUE' });
    binding.sendError = new DeviceError('CONNECT_FAILED', 'nothing listens there');
    await expect(client.exchange(retrieve)).rejects.toMatchObject({ code: 'CONNECT_FAILED' });
    expect(ports.clock.pending).toEqual([]);
  });

  it('without an answer wanted resolves once it has left', async () => {
    client.open();
    const { response } = await client.exchange({ op: 3, to: 'cse/a', rt: { rtv: 5 } });
    expect(response.rsc).toBe(1000);
  });

  it('that is not to be answered is no different where it is answered all the same, unless by a refusal', async () => {
    client.open();
    binding.handle = ({ to }) => ({ rsc: to === 'cse/a' ? 2004 : 4004 });
    const answered = await client.exchange({ op: 3, to: 'cse/a', rt: { rtv: 5 } });
    expect(answered.response).toEqual({ rsc: 1000, rqi: answered.request.rqi });
    expect((await client.exchange({ op: 3, to: 'cse/none', rt: { rtv: 5 } })).response.rsc).toBe(4004);
  });

  it('that polls, given up, is told as late only if it brings something', async () => {
    client.open();
    const late: ResponsePrimitive[] = [];
    client.events.on('late', (response) => late.push(response));
    const asked = ['nothing', 'something'].map((rqi) => client.exchange({ ...retrieve, rqi }, { isPoll: true }));
    const settled = Promise.allSettled(asked);
    await ports.clock.advance(1000);
    await settled;
    binding.respond({ rsc: 4008, rqi: 'nothing' });
    binding.respond({ rsc: 2000, rqi: 'something' });
    expect(late).toEqual([{ rsc: 2000, rqi: 'something' }]);
  });

  it('is refused when a thousand wait', async () => {
    client.open();
    const all = Array.from({ length: 1000 }, () => client.exchange(retrieve).catch(() => 'settled'));
    await expect(client.exchange(retrieve)).rejects.toMatchObject({ code: 'QUEUE_FULL' });
    await client.close();
    expect(new Set(await Promise.all(all))).toEqual(new Set(['settled']));
    await expect(client.exchange(retrieve)).rejects.toMatchObject({ code: 'CLOSED' });
    expect(ports.clock.pending).toEqual([]);
  });

  it('with a malformed answer fails in words; a malformed message of nobody is a problem', async () => {
    client.open();
    const problems: DeviceError[] = [];
    client.events.on('problem', (error) => problems.push(error));
    const asked = client.exchange({ ...retrieve, rqi: 'x' });
    binding.events.emit('malformed', { reason: 'a response without rsc', rqi: 'x' });
    await expect(asked).rejects.toMatchObject({ code: 'BAD_RESPONSE', message: 'a response without rsc' });
    binding.events.emit('malformed', { reason: 'no JSON' });
    expect(problems.map(({ message }) => message)).toEqual(['no JSON']);
  });

  it('waits its turn where the peer takes one at a time, long polls aside', async () => {
    client = new Client({
      sender: binding,
      receivers: [binding],
      ports,
      timeoutMs: 1000,
      release: '3',
      originator: () => 'Cae',
      isExclusive: () => true,
    });
    client.open();
    const sent = (): string[] => binding.sent.map(({ rqi }) => rqi);
    const poll = client.exchange({ ...retrieve, rqi: 'poll' }, { isPoll: true });
    const [one, two, three] = ['one', 'two', 'three'].map((rqi) => client.exchange({ ...retrieve, rqi }));
    three?.catch(() => undefined);
    await ports.clock.settle();
    expect(sent()).toEqual(['poll', 'one']);
    binding.respond({ rsc: 2000, rqi: 'one' });
    expect((await one)?.response.rsc).toBe(2000);
    expect(sent()).toEqual(['poll', 'one', 'two']);
    const closed = client.close();
    await expect(two).rejects.toMatchObject({ message: expect.not.stringContaining('effect') as string });
    await expect(three).rejects.toMatchObject({ code: 'CLOSED' });
    await expect(poll).rejects.toMatchObject({ code: 'CLOSED' });
    await closed;
    expect(sent()).toEqual(['poll', 'one', 'two']);
  });

  it('settles exactly once, whatever happens in whatever order', async () => {
    const happening = fc.constantFrom('answer', 'again', 'timeout', 'malformed', 'abort', 'down', 'up', 'close');
    await fc.assert(
      fc.asyncProperty(fc.array(happening, { maxLength: 12 }), async (happenings) => {
        binding = new FakeBinding();
        ports = fakePorts();
        client = makeClient();
        client.open();
        const abort = new AbortController();
        let settled = 0;
        const count = (): void => void (settled += 1);
        const asked = client.exchange({ ...retrieve, rqi: 'x' }, { signal: abort.signal }).then(count, count);
        for (const what of happenings) {
          if (what === 'answer' || what === 'again') binding.respond({ rsc: 2000, rqi: 'x' });
          else if (what === 'timeout') await ports.clock.advance(1000);
          else if (what === 'malformed') binding.events.emit('malformed', { reason: 'odd', rqi: 'x' });
          else if (what === 'abort') abort.abort();
          else if (what === 'down') binding.down();
          else if (what === 'up') binding.up();
          else await client.close();
        }
        await ports.clock.advance(1000);
        await asked;
        expect(settled).toBe(1);
        expect(client.size).toBe(0);
        expect(ports.clock.pending).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});

describe('what comes in', () => {
  it('is handed over once, and answered again when it is delivered again', async () => {
    client.open();
    const handled: IncomingRequest[] = [];
    client.events.on('request', (incoming) => handled.push(incoming));
    const answers: ResponsePrimitive[] = [];
    const answer = (response: ResponsePrimitive): Promise<void> => Promise.resolve(void answers.push(response));
    const request = { op: 5, to: 'Cae', fr: '/cse', rqi: 'n1' } as const;
    binding.request({ request, via: 'a', answer });
    binding.request({ request, via: 'b', answer });
    expect(handled).toHaveLength(1);
    expect(answers).toEqual([]);
    await handled[0]?.answer?.({ rsc: 2000, rqi: 'n1' });
    binding.request({ request, via: 'a', answer });
    expect(handled).toHaveLength(1);
    expect(answers).toHaveLength(2);
  });

  it('is a repetition by its content and time, not by its id', async () => {
    client.open();
    const handled: unknown[] = [];
    client.events.on('request', ({ request, answer }) => {
      handled.push(request.pc);
      void answer?.({ rsc: 2000, rqi: request.rqi });
    });
    const come = async (pc: unknown): Promise<void> => {
      const answer = (): Promise<void> => Promise.resolve();
      binding.request({ request: { op: 5, to: 'Cae', fr: '/cse', rqi: 'notify', pc }, via: 'a', answer });
      await ports.clock.settle();
    };
    for (const pc of [{ n: 1 }, { n: 2 }, { n: 2 }]) await come(pc);
    await ports.clock.advance(60_001);
    await come({ n: 2 });
    expect(handled).toEqual([{ n: 1 }, { n: 2 }, { n: 2 }]);
  });

  it('over HTTP is hardly ever a repetition', async () => {
    client.open();
    const handled: IncomingRequest[] = [];
    client.events.on('request', (incoming) => handled.push(incoming));
    const request = { op: 5, to: 'Cae', fr: '/tinyiot', rqi: 'notify', pc: { same: true } } as const;
    const answer = (): Promise<void> => Promise.resolve();
    const come = (): void => binding.request({ request, via: 'a', answer, transport: 'http' });
    come();
    come();
    expect(handled).toHaveLength(1);
    await handled[0]?.answer?.({ rsc: 2000, rqi: 'notify' });
    come();
    expect(handled).toHaveLength(2);
  });

  it('without an id is never taken for a repetition, and comes from the second binding too', () => {
    const other = new FakeBinding();
    client = makeClient(other);
    client.open();
    let handled = 0;
    client.events.on('request', () => (handled += 1));
    const request = { op: 5, to: '', rqi: '' } as const;
    binding.request({ request, via: 'a' });
    binding.request({ request, via: 'a' });
    other.request({ request: { ...request, rqi: 'n1', fr: 'x' }, via: 'b' });
    binding.request({ request: { ...request, rqi: 'n1', fr: 'x' }, via: 'b' });
    expect(handled).toBe(3);
  });

  it('does not break when the answer cannot be sent', async () => {
    client.open();
    const problems: string[] = [];
    client.events.on('problem', ({ message }) => problems.push(message));
    client.events.on('request', ({ answer }) => void answer?.({ rsc: 2000, rqi: 'n1' }));
    const request = { op: 5, to: 'Cae', fr: '/cse', rqi: 'n1' } as const;
    binding.request({ request, via: 'a', answer: () => Promise.reject(new Error('the broker is gone')) });
    await ports.clock.settle();
    expect(problems).toEqual(['an answer could not be sent: the broker is gone']);
  });
});
