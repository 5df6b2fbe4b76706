import { DeviceError, ErrorCode } from '../../base/errors';
import type { IncomingRequest } from '../binding/binding';
import type { ResponsePrimitive } from '../primitive/primitives';
import { Recent } from '../../base/recent';

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
    const known = this.handled.get(key);
    if (known !== undefined) {
      if (known.answer !== undefined) void this.reply(answer, known.answer);
      return;
    }
    const entry: Handled = {};
    this.handled.add(key, entry);
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
