import { once } from 'node:events';
import { systemClock, type Ports } from '../../../src/base/ports.ts';
import type { Binding, IncomingRequest } from '../../../src/onem2m/binding/binding.ts';
import { parseEndpoint, type Endpoint } from '../../../src/onem2m/binding/endpoint.ts';
import type { RequestMembers, RequestPrimitive, ResponsePrimitive } from '../../../src/onem2m/primitive/primitives.ts';
import { newRequestId } from '../../../src/onem2m/primitive/request-id.ts';
import { MemoryLog } from '../fakes/fake-clock.ts';

/** Ports with real time. */
export const realPorts = (): Ports => ({ clock: systemClock, log: new MemoryLog(), random: Math.random });

/** The endpoint that `text` is. */
export function endpoint(text: string): Endpoint {
  const result = parseEndpoint(text);
  if (!result.ok) throw new Error(result.message);
  return result.value;
}

/** Opens a binding and waits until it is up. */
export async function opened<T extends Binding>(binding: T): Promise<T> {
  const up = once(binding.events, 'up');
  binding.open();
  await up;
  return binding;
}

type Draft = RequestMembers;

/** Requests over a bare binding, as an originator; release 4 unless told otherwise. */
export function originator(binding: Binding, fr: string): (draft: Draft) => Promise<ResponsePrimitive> {
  return (draft) => {
    const rqi = newRequestId();
    return new Promise((resolve, reject) => {
      const settle = (outcome: () => void): void => {
        binding.events.off('response', onResponse);
        binding.events.off('malformed', onMalformed);
        outcome();
      };
      const onResponse = (response: ResponsePrimitive): void => {
        if (response.rqi === rqi) settle(() => resolve(response));
      };
      const onMalformed = ({ reason, rqi: of }: { reason: string; rqi?: string }): void => {
        if (of === rqi) settle(() => reject(new Error(reason)));
      };
      binding.events.on('response', onResponse);
      binding.events.on('malformed', onMalformed);
      const request: RequestPrimitive = { fr, rvi: '4', ...draft, op: draft.op, to: draft.to, rqi };
      binding.send(request, { signal: AbortSignal.timeout(15_000) }).catch((error: unknown) => {
        settle(() => reject(error instanceof Error ? error : new Error(String(error))));
      });
    });
  };
}

/** Answers every request with 2000 and keeps it. */
export function acceptAll(binding: Binding): IncomingRequest[] {
  const incoming: IncomingRequest[] = [];
  binding.events.on('request', (one) => {
    incoming.push(one);
    one.answer?.({ rsc: 2000, rqi: one.request.rqi }).catch(() => undefined);
  });
  return incoming;
}
