import { afterEach, describe, expect, it } from 'vitest';
import { DeviceError } from '../../../../src/base/errors.ts';
import type { Exchange, RequestDraft } from '../../../../src/onem2m/exchange/requester.ts';
import type { IncomingRequest } from '../../../../src/onem2m/binding/binding.ts';
import { PollingChannel } from '../../../../src/onem2m/exchange/polling-channel.ts';
import type { ResponsePrimitive } from '../../../../src/onem2m/primitive/primitives.ts';
import { fakePorts, flushMicrotasks } from '../../../support/fakes/fake-clock.ts';

type Answer = Partial<ResponsePrimitive> | Error;

const channels: PollingChannel[] = [];
afterEach(async () => {
  await Promise.all(channels.splice(0).map((channel) => channel.close()));
});

/** A channel whose CSE is answered for by the test: `polls` wait for their answer, `answers` is what was sent to it. */
function make(waitMs?: number) {
  const ports = fakePorts();
  const polls: { draft: RequestDraft; answer: (answer: Answer) => Promise<void> }[] = [];
  const answers: unknown[] = [];
  const requests: IncomingRequest[] = [];
  const malformed: unknown[] = [];
  const problems: DeviceError[] = [];
  let total = 0;
  let notifyAnswer: Answer = { rsc: 2000 };
  const exchange = (draft: RequestDraft, signal: AbortSignal): Promise<Exchange> => {
    const settle = (answer: Answer): Exchange => {
      if (answer instanceof Error) throw answer;
      return {
        request: { ...draft, rqi: 'q' },
        response: { rqi: 'q', rsc: 2000, ...answer },
        durationMs: 1,
      };
    };
    if (draft.op === 5) {
      answers.push(draft);
      return Promise.resolve().then(() => settle(notifyAnswer));
    }
    total++;
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error));
      const answer = async (given: Answer): Promise<void> => {
        polls.shift();
        resolve(Promise.resolve(given).then(settle));
        await flushMicrotasks();
      };
      polls.push({ draft, answer });
    });
  };
  const channel = new PollingChannel({
    pcu: 'cse-in/ae/pch/pcu',
    ports,
    exchange,
    ...(waitMs === undefined ? {} : { waitMs }),
    onRequest: (incoming) => requests.push(incoming),
    onMalformed: (one) => malformed.push(one),
    onProblem: (error) => problems.push(error),
  });
  channels.push(channel);
  return {
    ...{ channel, ports, polls, answers, requests, malformed, problems },
    total: () => total,
    refuse: (answer: Answer) => (notifyAnswer = answer),
  };
}

const notification = (rqi: string): object => ({
  op: 5,
  to: 'Cae',
  fr: '/id-in',
  rqi,
  rvi: '4',
  pc: { 'm2m:sgn': {} },
});

describe('PollingChannel', () => {
  it('polls long, hands over what comes, and answers it', async () => {
    const { channel, polls, requests, answers } = make(45_000);
    channel.open();
    channel.open();
    expect(polls.map(({ draft }) => draft)).toEqual([{ op: 2, to: 'cse-in/ae/pch/pcu', rqet: 45_000 }]);
    await polls[0]?.answer({ pc: { 'm2m:rqp': notification('n1') } });
    expect(requests).toEqual([
      { request: notification('n1'), via: 'cse-in/ae/pch/pcu', answer: expect.any(Function) as unknown },
    ]);
    expect(polls).toHaveLength(1);
    await requests[0]?.answer?.({ rsc: 2000, rqi: 'n1', fr: 'Cae', to: '/id-in', rvi: '4' });
    expect(answers).toEqual([
      {
        op: 5,
        to: 'cse-in/ae/pch/pcu',
        pc: { 'm2m:rsp': { rsc: 2000, rqi: 'n1', fr: 'Cae', to: '/id-in', rvi: '4' } },
      },
    ]);
  });

  it.each([
    ['a list', { 'm2m:rqp': [notification('n1'), notification('n2')] }],
    ['an aggregation', { 'm2m:agrp': [notification('n1'), { 'm2m:rqp': notification('n2') }] }],
    ['a list in an aggregation', { 'm2m:agrp': { 'm2m:rqp': [notification('n1'), notification('n2')] } }],
  ])('takes several requests at once: %s', async (_what, pc) => {
    const { channel, polls, requests, malformed } = make();
    channel.open();
    await polls[0]?.answer({ pc });
    expect(requests.map(({ request }) => request)).toEqual([notification('n1'), notification('n2')]);
    expect(malformed).toEqual([]);
  });

  it('polls again at once when its time was over, without a word', async () => {
    const { channel, ports, polls, problems, total } = make();
    channel.open();
    await ports.clock.advance(30_000);
    await polls[0]?.answer({ rsc: 4008 });
    await ports.clock.advance(30_000);
    await polls[0]?.answer({});
    await ports.clock.advance(31_000);
    await polls[0]?.answer(new DeviceError('TIMEOUT', 'no answer'));
    expect([total(), problems, ports.clock.pending]).toEqual([4, [], []]);
  });

  it.each([
    ['an empty answer', {}],
    ['4008 at once', { rsc: 4008 }],
    ['something without a request', { pc: { 'm2m:cb': {} } }],
    ['a refusal', { rsc: 4004, pc: { 'm2m:dbg': 'gone' } }],
    ['a lost link', new DeviceError('LINK_LOST', 'lost')],
    ['a timeout that comes too soon', new DeviceError('TIMEOUT', 'no answer')],
    ['a text for content', { pc: 'x' }],
  ] as [string, Answer][])('waits longer and longer after %s', async (_what, answer) => {
    const { channel, ports, polls, total } = make();
    channel.open();
    for (const [n, wait] of [1000, 2000, 4000].entries()) {
      expect(total()).toBe(n + 1);
      await polls[0]?.answer(answer);
      expect([polls.length, ports.clock.pending]).toEqual([0, [wait]]);
      await ports.clock.advance(wait);
    }
    await polls[0]?.answer({ pc: { 'm2m:rqp': notification('n1') } });
    await polls[0]?.answer(answer);
    expect(ports.clock.pending).toEqual([1000]);
  });

  it('tells refusals and failures', async () => {
    const { channel, ports, polls, problems } = make();
    channel.open();
    await polls[0]?.answer({ rsc: 4004, pc: { 'm2m:dbg': 'gone' } });
    await ports.clock.advance(1000);
    await polls[0]?.answer(new DeviceError('LINK_LOST', 'lost'));
    expect(problems).toMatchObject([
      { code: 'ONEM2M_4004', message: expect.stringContaining('RETRIEVE of the polling channel cse-in/ae/pch/pcu') },
      { code: 'LINK_LOST' },
    ]);
  });

  it('tells what it cannot read, and goes on', async () => {
    const { channel, polls, requests, malformed } = make();
    channel.open();
    await polls[0]?.answer({
      pc: { 'm2m:rqp': [{ op: 9, rqi: 'x' }, 7, { rsc: 2000, rqi: 'y' }, notification('n1')] },
    });
    expect(malformed).toHaveLength(3);
    expect(requests).toHaveLength(1);
    expect(polls).toHaveLength(1);
  });

  it('lets whoever answers know that the CSE refuses the answer', async () => {
    const { channel, polls, requests, refuse } = make();
    channel.open();
    await polls[0]?.answer({ pc: { 'm2m:rqp': notification('n1') } });
    refuse({ rsc: 4000 });
    await expect(requests[0]?.answer?.({ rsc: 2000, rqi: 'n1' })).rejects.toMatchObject({ code: 'ONEM2M_4000' });
  });

  it('stops at once, while it polls and while it waits', async () => {
    const polling = make();
    polling.channel.open();
    await polling.channel.close();
    expect([polling.total(), polling.problems, polling.ports.clock.pending]).toEqual([1, [], []]);
    const waiting = make();
    waiting.channel.open();
    await waiting.polls[0]?.answer({});
    await waiting.channel.close();
    expect([waiting.total(), waiting.problems, waiting.ports.clock.pending]).toEqual([1, [], []]);
    const never = make();
    await never.channel.close();
    never.channel.open();
    expect(never.total()).toBe(0);
  });
});
