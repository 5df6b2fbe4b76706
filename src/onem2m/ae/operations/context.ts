import { DeviceError, ErrorCode } from '../../../base/errors';
import type { ContentFormat } from '../../resource/content';
import { throwIfRefused } from '../../primitive/status-codes';
import type { RequestPrimitive } from '../../primitive/primitives';
import type { AeMessage, AeResult } from '../model/messages';
import type { Exchange, Requester, RequestDraft } from '../../exchange/requester';

/** What the operations know of the AE they work for. */
export interface OperationContext {
  readonly requester: Requester;
  readonly contentFormat: ContentFormat;
  /** The first container of `resources`: where a message without a topic is pushed to. */
  readonly defaultContainer?: string;
  /** Whether a container that is missing is created by what is pushed into it. */
  readonly autoCreate: boolean;
  /** Type of the resource at an address (as `resolve` answers it), where it is known from `resources`. */
  typeOf?(address: string): number | undefined;
  /** Its name with namespace: `m2m:cnt`, `cod:tempe`. */
  wrapperOf?(address: string): string | undefined;
  /** Whether the CSE answers with the attributes that were asked for alone; absent: it does. */
  picksAttributes?(): boolean;
  /** Creates what is missing of a list as in `resources`; absent where the AE cannot. */
  ensure?(list: readonly Readonly<Record<string, unknown>>[], signal?: AbortSignal): Promise<AeResult>;
  /** Carries out the operations of a sequence that are not in OPERATION_NAMES: `subscribe`, `register` ... */
  performOther?(operation: string, message: AeMessage, signal?: AbortSignal): Promise<AeResult>;
  /** Milliseconds since the epoch, for `dgt`; default: the system's. */
  now?(): number;
}

export type Operation = (message: AeMessage, context: OperationContext, signal?: AbortSignal) => Promise<AeResult>;

/** A problem with what the flow asks for. `problem` follows the field: `must be text, got 5`. */
export function badMessage(field: string, problem: string): DeviceError {
  return new DeviceError(ErrorCode.BAD_MESSAGE, `${field} ${problem}`);
}

const VERBS: Readonly<Record<number, string>> = {
  1: 'CREATE in',
  2: 'RETRIEVE of',
  3: 'UPDATE of',
  4: 'DELETE of',
  5: 'NOTIFY to',
};

/** What a request asks for, for messages: `RETRIEVE of cse-in/ae`. */
export const describeRequest = ({ op, to }: Pick<RequestPrimitive, 'op' | 'to'>): string =>
  `${VERBS[op] ?? `operation ${op} on`} ${to}`;

/** The answer, if it is not a refusal; else throws ONEM2M_<rsc>, or what `exchange` rejects with. */
export async function ask(requester: Requester, draft: RequestDraft, signal?: AbortSignal): Promise<Exchange> {
  const exchange = await requester.exchange(draft, signal);
  throwIfRefused(exchange.response, describeRequest(exchange.request));
  return exchange;
}

/** Throws where the operation was given up between two of its requests. */
export function throwIfGivenUp(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  const reason: unknown = signal.reason;
  throw reason instanceof DeviceError ? reason : new DeviceError(ErrorCode.CLOSED, 'the operation was given up');
}
