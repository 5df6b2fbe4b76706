import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type {
  ReceivedRequest,
  RequestReceiver,
  RequestSender,
  SendOptions,
} from '../../../src/onem2m/binding/binding.ts';
import type { RequestMembers, RequestPrimitive, ResponsePrimitive } from '../../../src/onem2m/primitive/primitives.ts';
import { newRequestId } from '../../../src/onem2m/primitive/request-id.ts';
import { countHandles, expectNoNewHandles } from '../system/active-handles.ts';
import { CSE_ID, type Peer, type ReceiverTransport, type Stage } from './receiver-stages.ts';

/** Sends a request and resolves with its answer; rejects where it cannot be sent. */
export async function ask(
  { events, send }: Pick<RequestSender, 'events' | 'send'>,
  request: RequestPrimitive,
  options: Partial<SendOptions> = {},
): Promise<ResponsePrimitive> {
  let stop: (() => void) | undefined;
  const answer = new Promise<ResponsePrimitive>((resolve, reject) => {
    const onResponse = (response: ResponsePrimitive): void => {
      if (response.rqi === request.rqi) resolve(response);
    };
    const onMalformed = ({ reason }: { reason: string }): void => reject(new Error(reason));
    events.on('response', onResponse);
    events.on('malformed', onMalformed);
    stop = () => {
      events.off('response', onResponse);
      events.off('malformed', onMalformed);
    };
    send(request, { signal: new AbortController().signal, ...options }).catch(reject);
  });
  return answer.finally(() => stop?.());
}

const requestOf = (fr: string, members: RequestMembers): RequestPrimitive => ({
  fr,
  rvi: '4',
  ...members,
  rqi: newRequestId(),
});

const asker = (peer: Peer) => (members: RequestMembers, options?: Partial<SendOptions>) =>
  ask(
    { events: peer.binding.events, send: (request, how) => peer.binding.send(request, how) },
    requestOf(peer.originator, members),
    options,
  );

/** Everything that comes in; `answering`: how. */
function received(
  { events }: Pick<RequestReceiver, 'events'>,
  answering?: (request: RequestPrimitive) => Omit<ResponsePrimitive, 'rqi'> & { rsc: number },
): ReceivedRequest[] {
  const all: ReceivedRequest[] = [];
  events.on('request', (one) => {
    all.push(one);
    if (answering !== undefined) void one.answer?.({ ...answering(one.request), rqi: one.request.rqi });
  });
  return all;
}

const RETRIEVE = { op: 2, to: 'cse-in/a' } as const;
const CREATE = { op: 1, to: 'cse-in', ty: 3, pc: { 'm2m:cnt': { rn: 'räume' } } } as const;
const REGISTER = {
  op: 1,
  to: 'cse-in',
  ty: 2,
  pc: { 'm2m:ae': { rn: 'ae', api: 'N.x', rr: true, srv: ['4'] } },
} as const;

/** What a CSE may expect of the receiver and the sender of any transport. */
export function describeReceiverContract(transport: ReceiverTransport): void {
  describe(`a receiver for a whole CSE over ${transport.name}`, () => {
    let stage: Stage;
    const handles = countHandles();

    beforeEach(async () => {
      stage = await transport.start();
    });

    afterEach(async () => {
      await stage.clear();
      await expectNoNewHandles(handles);
    });

    it.each(['json', 'cbor'] as const)(
      'hands over requests and takes their answers back, in %s',
      async (serialization) => {
        const peer = await stage.connect('Cae1', serialization);
        const requests = received(stage.receiver, ({ op }) => ({ rsc: 2000, pc: { 'm2m:cnt': { op, n: 1.5 } } }));
        const requested: RequestMembers[] = [
          CREATE,
          RETRIEVE,
          { ...RETRIEVE, to: '/in-cse/cnt42', fc: { fu: 1, ty: [3] }, rcn: 6, drt: 1 },
          { op: 3, to: 'cse-in/a', pc: { 'm2m:cnt': { lbl: null } } },
          { op: 4, to: '//sp.example/in-cse/cnt42' },
          { op: 5, to: 'cse-in/a', pc: { 'm2m:sgn': { sur: '/in-cse/sub1' } } },
        ];
        for (const members of requested) {
          const response = await asker(peer)(members);
          expect(response).toMatchObject({ rsc: 2000, pc: { 'm2m:cnt': { op: members.op, n: 1.5 } } });
        }
        expect(requests.map(({ request }) => request)).toMatchObject(requested);
        for (const { transport: name, request, ...facts } of requests) {
          expect([name, request.fr, request.rvi]).toEqual([transport.name, 'Cae1', '4']);
          expect(facts).toMatchObject({ serialization, isRegistration: false, sender: peer.facts });
          expect(facts.gone.aborted).toBe(false);
        }
      },
    );

    it('knows a registration', async () => {
      const peer = await stage.connect('Cae1');
      const requests = received(stage.receiver, () => ({ rsc: 2001 }));
      const send = asker(peer);
      await send(REGISTER, { registration: 'reg_req' });
      await send(CREATE, { registration: 'req' });
      await send({ ...RETRIEVE, to: 'cse-in' });
      expect(requests.map(({ isRegistration }) => isRegistration)).toEqual([true, false, false]);
    });

    it('knows whose each request is, and answers each to whom it belongs', async () => {
      const names = Array.from({ length: 8 }, (_, index) => `Cmany${index}`);
      const peers = await Promise.all(names.map((name) => stage.connect(name)));
      const waiting: (() => unknown)[] = [];
      const requests = received(stage.receiver);
      stage.receiver.events.on('request', ({ request: { fr, to, rqi }, answer }) => {
        waiting.push(() => answer?.({ rsc: 2000, rqi, pc: { fr, to } }));
        // The other way round, eight at a time.
        if (waiting.length === peers.length) for (const one of waiting.splice(0).reverse()) one();
      });
      const answers = await Promise.all(
        peers.flatMap((peer) => Array.from({ length: 10 }, (_, n) => asker(peer)({ op: 2, to: `cse-in/${n}` }))),
      );
      const expected = names.flatMap((fr) => Array.from({ length: 10 }, (_, n) => ({ fr, to: `cse-in/${n}` })));
      expect(answers.map(({ pc }) => pc)).toEqual(expected);
      for (const { request, sender } of requests) {
        expect(sender).toEqual(peers.find(({ originator }) => originator === request.fr)?.facts);
      }
    });

    it('learns that a sender is gone, and serves the others', async () => {
      const peer = await stage.connect('Cgone');
      const requests = received(stage.receiver);
      const withdraw = new AbortController();
      const asked = peer.binding.send(requestOf('Cgone', RETRIEVE), { signal: withdraw.signal });
      asked.catch(() => undefined);
      await expect.poll(() => requests.length).toBe(1);
      expect(requests[0]?.gone.aborted).toBe(false);
      peer.vanish(withdraw);
      await expect.poll(() => requests[0]?.gone.aborted).toBe(true);
      expect(requests[0]?.gone.reason).toBeInstanceOf(Error);
      await Promise.allSettled([asked, requests[0]?.answer?.({ rsc: 2000, rqi: requests[0].request.rqi })]);
      await expect.poll(() => stage.sender.isUp).toBe(true);
      const other = await stage.connect('Cother');
      const answered = asker(other)(RETRIEVE);
      await expect.poll(() => requests.length).toBe(2);
      expect(requests[1]?.gone.aborted).toBe(false);
      await requests[1]?.answer?.({ rsc: 2000, rqi: requests[1].request.rqi });
      expect((await answered).rsc).toBe(2000);
      expect(requests[1]?.gone.aborted).toBe(false);
    });

    it('stands beside a sender that reaches those who can be reached', async () => {
      const peers = await Promise.all([stage.connect('Cae1'), stage.connect('Cae2', 'cbor')]);
      for (const peer of peers) {
        const requests = received(peer.binding, () => ({ rsc: 2000 }));
        const notify = requestOf(CSE_ID, { op: 5, to: peer.originator, pc: { 'm2m:sgn': { vrq: true, sur: 's' } } });
        const sender = { events: stage.sender.events, send: stage.sender.send.bind(stage.sender) };
        const serialization = peer.originator === 'Cae2' ? 'cbor' : 'json';
        expect(await ask(sender, notify, { ...peer.back, serialization })).toMatchObject({ rsc: 2000 });
        expect(requests).toMatchObject([
          { request: { op: 5, fr: CSE_ID, pc: { 'm2m:sgn': { vrq: true, sur: 's' } } }, serialization },
        ]);
      }
    });

    it('withdraws what is given up before it has left', async () => {
      const peer = await stage.connect('Cae1');
      const reason = new Error('no longer wanted');
      await expect(
        peer.binding.send(requestOf('Cae1', RETRIEVE), { signal: AbortSignal.abort(reason) }),
      ).rejects.toThrow(reason.message);
      const notify = requestOf(CSE_ID, { op: 5, to: 'Cae1' });
      const aborted = stage.sender.send(notify, { ...peer.back, signal: AbortSignal.abort(reason) });
      await expect(aborted).rejects.toThrow(reason.message);
    });

    it('does not send to an address of another protocol', async () => {
      const signal = new AbortController().signal;
      const sent = stage.sender.send(requestOf(CSE_ID, RETRIEVE), { signal, pointOfAccess: 'coap://127.0.0.1:5683' });
      await expect(sent).rejects.toMatchObject({ code: 'CONFIG' });
    });

    it('leaves nobody waiting when it is closed', async () => {
      const peer = await stage.connect('Cae1');
      const requests = received(stage.receiver);
      const withdraw = new AbortController();
      const asked = Array.from({ length: 5 }, () =>
        peer.binding.send(requestOf('Cae1', RETRIEVE), { signal: withdraw.signal }),
      );
      await expect.poll(() => requests.length).toBe(5);
      await stage.receiver.close();
      expect(requests.map(({ gone }) => gone.aborted)).toEqual(Array(5).fill(true));
      for (const { request, answer } of requests) {
        await expect(answer?.({ rsc: 2000, rqi: request.rqi })).rejects.toBeInstanceOf(Error);
      }
      await Promise.allSettled(asked);
      await stage.receiver.close();
    });
  });
}
