import { createHash } from 'node:crypto';
import { DeviceError, ErrorCode } from '../../base/errors';
import type { Clock } from '../../base/ports';
import type { IncomingRequest } from '../binding/binding';
import type { RequestPrimitive, ResponsePrimitive } from '../primitive/primitives';
import { Recent } from '../../base/recent';

/** As many as OpenMTC remembers. */
const REMEMBERED = 200;

/**
 * How long a request may be delivered again after it came first, ms: over MQTT a broker does so when it is back. After it the same is
 * something new that happens to look alike.
 */
const AGAIN_WITHIN_MS = 60_000;

interface Handled {
  readonly digest: string;
  readonly at: number;
  answer?: ResponsePrimitive;
}

/**
 * Requests that come in. One that is delivered again (QoS 1, two topics, an impatient CSE) is not handled again, but gets the
 * same answer again: the first may have been lost. Its id alone proves nothing: tinyIoT gives each notification over HTTP the same
 * (docs/facts/onem2m.md#notifications); it must have the same content, and not come too late. HTTP delivers nothing twice by itself: there
 * it is a repetition only while the first one waits for its answer.
 */
export class IncomingRequests {
  private readonly handled = new Recent<Handled>(REMEMBERED);
  private isClosed = false;

  constructor(
    private readonly clock: Clock,
    private readonly onProblem: (error: DeviceError) => void,
    private readonly handle: (request: IncomingRequest) => void,
  ) {}

  take(incoming: IncomingRequest): void {
    if (this.isClosed) return;
    const { request, answer } = incoming;
    // Without an id there is no telling a repetition from a second event.
    if (request.rqi === '') {
      this.handle(incoming);
      return;
    }
    const key = `${request.fr ?? ''} ${request.rqi}`;
    const entry: Handled = { digest: digestOf(request), at: this.clock.now() };
    const known = this.handled.get(key);
    if (known !== undefined && this.isAgain(entry, known, incoming)) {
      if (known.answer !== undefined) void this.reply(answer, known.answer);
      return;
    }
    this.handled.set(key, entry);
    this.handle({
      ...incoming,
      ...(answer === undefined
        ? {}
        : {
            answer: async (response: ResponsePrimitive) => {
              entry.answer = response;
              await this.reply(answer, response);
            },
          }),
    });
  }

  private isAgain(entry: Handled, known: Handled, { transport }: IncomingRequest): boolean {
    if (entry.digest !== known.digest) return false;
    return transport === 'http' ? known.answer === undefined : entry.at - known.at <= AGAIN_WITHIN_MS;
  }

  close(): void {
    this.isClosed = true;
  }

  /** Never rejects. A peer that gets no answer takes us for unreachable, which is worth telling. */
  private async reply(answer: IncomingRequest['answer'], response: ResponsePrimitive): Promise<void> {
    try {
      await answer?.(response);
    } catch (error) {
      if (this.isClosed) return;
      const text = `an answer could not be sent: ${error instanceof Error ? error.message : String(error)}`;
      this.onProblem(new DeviceError(ErrorCode.LINK_LOST, text, { cause: error }));
    }
  }
}

function digestOf({ op, to, ty, pc }: RequestPrimitive): string {
  return createHash('sha256')
    .update(JSON.stringify([op, to, ty, pc]))
    .digest('base64');
}
