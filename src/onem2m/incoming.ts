import type { Logger } from '../device/ports';
import type { IncomingRequest } from './bindings/binding';
import type { ResponsePrimitive } from './primitives';
import { Recent } from './recent';

/** As many as OpenMTC remembers. */
const REMEMBERED = 200;

interface Handled {
  answer?: ResponsePrimitive;
}

/**
 * Requests that come in. One that is delivered again (QoS 1, two topics, an impatient CSE) is not handled again, but gets the
 * same answer again: the first may have been lost.
 */
export class IncomingRequests {
  private readonly handled = new Recent<Handled>(REMEMBERED);
  private isClosed = false;

  constructor(
    private readonly log: Logger,
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
    const known = this.handled.get(key);
    if (known !== undefined) {
      if (known.answer !== undefined) void this.reply(answer, known.answer);
      return;
    }
    const entry: Handled = {};
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

  close(): void {
    this.isClosed = true;
  }

  /** An answer that cannot be sent is the peer's loss: it will ask again, or take it for a failure. */
  private async reply(answer: IncomingRequest['answer'], response: ResponsePrimitive): Promise<void> {
    try {
      await answer?.(response);
    } catch (error) {
      this.log.debug(`An answer could not be sent: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}
