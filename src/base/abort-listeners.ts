interface Listener {
  readonly callbacks: Set<() => void>;
  readonly run: () => void;
}

const listeners = new WeakMap<AbortSignal, Listener>();

/**
 * Calls `callback` when `signal` is aborted, unless the returned function is called before. All callbacks of a signal share
 * one listener: a read cycle has one signal and many requests, and listeners of signals are slow to add and remove.
 */
export function whenAborted(signal: AbortSignal, callback: () => void): () => void {
  const listener = listeners.get(signal) ?? listen(signal);
  listener.callbacks.add(callback);
  return () => {
    if (!listener.callbacks.delete(callback) || listener.callbacks.size > 0) return;
    signal.removeEventListener('abort', listener.run);
    listeners.delete(signal);
  };
}

function listen(signal: AbortSignal): Listener {
  const callbacks = new Set<() => void>();
  const run = (): void => {
    for (const callback of [...callbacks]) callback();
  };
  const listener = { callbacks, run };
  listeners.set(signal, listener);
  signal.addEventListener('abort', run, { once: true });
  return listener;
}
