import type { Socket } from 'node:net';

/**
 * Resolves with the socket once it tells `event`. Rejects with what `inWords` makes of its error, or of its end (`closed`), or with
 * `signal.reason` once that is aborted; the socket is destroyed then. Either way no listener is left.
 */
export function untilConnected<S extends Socket>(
  socket: S,
  event: 'connect' | 'secureConnect',
  signal: AbortSignal,
  { inWords, closed }: { readonly inWords: (error: Error) => Error; readonly closed: string },
): Promise<S> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      signal.removeEventListener('abort', onAbort);
      socket.removeAllListeners();
      act();
    };
    const fail = (reason: unknown): void => {
      settle(() => {
        socket.on('error', () => undefined);
        socket.destroy();
        reject(reason instanceof Error ? reason : new Error(String(reason)));
      });
    };
    const onAbort = (): void => fail(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    socket.once('error', (error) => fail(inWords(error)));
    socket.once('close', () => fail(inWords(new Error(closed))));
    socket.once(event, () => settle(() => resolve(socket)));
  });
}
