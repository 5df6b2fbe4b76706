import type { EventEmitter } from 'node:events';

const waiting = new WeakMap<EventEmitter, Set<() => void>>();

/**
 * Runs `callback` once all nodes of the deploy under way exist, so that nothing a node sends or reports then is lost.
 * Answers how to give that up. Node-RED's emitter gets a single listener, however many nodes wait.
 */
export function whenFlowsStarted(events: EventEmitter, callback: () => void): () => void {
  const callbacks = waiting.get(events) ?? listen(events);
  callbacks.add(callback);
  return () => void callbacks.delete(callback);
}

function listen(events: EventEmitter): Set<() => void> {
  const callbacks = new Set<() => void>();
  waiting.set(events, callbacks);
  events.on('flows:started', () => {
    const now = [...callbacks];
    callbacks.clear();
    for (const callback of now) callback();
  });
  return callbacks;
}
