import { join, targetResolver } from '../../../src/onem2m/primitive/addressing.ts';
import type { Exchange, RequestDraft, Requester } from '../../../src/onem2m/exchange/requester.ts';
import type { OperationContext } from '../../../src/onem2m/ae/operations/index.ts';
import type { ResponsePrimitive } from '../../../src/onem2m/primitive/primitives.ts';

export type Answer = Partial<ResponsePrimitive> & { readonly rsc: number };

/** Takes the requests of an AE `onem2m/app` (`Capp`) and answers what `answer` says. */
export class FakeRequester implements Requester {
  readonly originator = 'Capp';
  readonly drafts: RequestDraft[] = [];
  readonly resolve = targetResolver({ base: 'onem2m', aeName: 'app' });

  constructor(private readonly answer: (draft: RequestDraft, index: number) => Answer | Promise<Answer>) {}

  async exchange(draft: RequestDraft): Promise<Exchange> {
    const index = this.drafts.push(draft) - 1;
    const rqi = draft.rqi ?? `r${index + 1}`;
    const answer = await this.answer(draft, index);
    return {
      request: { fr: this.originator, rvi: '3', ...draft, rqi },
      response: { rqi, ...answer },
      durationMs: 5,
    };
  }
}

export function fakeContext(
  answer: (draft: RequestDraft, index: number) => Answer | Promise<Answer>,
  more: Partial<OperationContext> = {},
): { context: OperationContext; requester: FakeRequester } {
  const requester = new FakeRequester(answer);
  return { requester, context: { requester, contentFormat: 'auto', autoCreate: false, ...more } };
}

/** Keeps the addresses of resources, as far as creating and retrieving goes. */
export class FakeTree {
  constructor(private readonly addresses: Set<string>) {}

  readonly answer = ({ op, to, pc }: RequestDraft): Answer => {
    if (!this.addresses.has(to)) return { rsc: 4004, pc: { 'm2m:dbg': `No resource with this ID: ${to}` } };
    if (op !== 1) return { rsc: 2000, pc: { 'm2m:cnt': { rn: to } } };
    const [representation] = Object.values(pc as Record<string, { rn?: string }>);
    if (representation?.rn === undefined) return { rsc: 2001, pc };
    const address = join(to, representation.rn);
    if (this.addresses.has(address)) return { rsc: 4105 };
    this.addresses.add(address);
    return { rsc: 2001, pc };
  };

  has(address: string): boolean {
    return this.addresses.has(address);
  }
}
