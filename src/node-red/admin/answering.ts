import type { Request, RequestHandler, Response } from 'express';
import { withDeadline } from '../../base/deadline';
import { DeviceError } from '../../base/errors';
import { systemClock, type Logger, type Ports } from '../../base/ports';
import { toFlowError } from '../common/flow-error';
import { refusal } from '../common/refusal';
import { redact } from '../common/secrets';

/** HTTP statuses of errors that are not the peer's. */
const STATUS: Readonly<Record<string, number>> = { CONFIG: 400, INTERNAL: 500 };

const silent: Logger = { debug: noop, info: noop, warn: noop, error: noop };

/** For what runs behind an admin endpoint: what happened is told in the answer, not in the log. */
export const silentPorts: Ports = { clock: systemClock, random: Math.random, log: silent };

/**
 * Makes handlers of functions that answer an object or throw; at most `most` of them run at once, more are refused (429 BUSY).
 * What a peer refuses is told as `{ ok: false, error: { code, message } }` with status 200, what is wrong in the request with 400.
 */
export function createAnswering(
  most: number,
): (handle: (request: Request) => Promise<object> | object) => RequestHandler {
  let running = 0;
  return (handle) => (request: Request, response: Response) => {
    if (running >= most) {
      response.status(429).json(refusal('BUSY', 'too many requests are running, try again'));
      return;
    }
    running += 1;
    void new Promise<object>((resolve) => resolve(handle(request)))
      .then(
        (answer) => response.json({ ok: true, ...answer }),
        (error: unknown) => {
          const { code, message } = toFlowError(error);
          response.status(STATUS[code] ?? 200).json(refusal(code, message));
        },
      )
      .finally(() => (running -= 1));
  };
}

/** What `look` answers, within `ms`; an error is told without secrets. */
export async function bounded<T>(
  ms: number,
  secrets: readonly string[],
  look: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const message = `no answer within ${ms / 1000} s`;
  try {
    return await withDeadline({ clock: systemClock, ms, message }, look);
  } catch (error) {
    const { code, message: text } = toFlowError(error);
    throw new DeviceError(code, redact(text, secrets));
  }
}

function noop(): void {
  // Nobody reads this log.
}
