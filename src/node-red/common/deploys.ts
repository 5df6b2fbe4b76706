import type { EventEmitter } from 'node:events';
import { isDeepStrictEqual } from 'node:util';

type Definition = Readonly<Record<string, unknown>>;

/** What Node-RED tells with `flows:stopping` (@node-red/runtime, lib/flows/index.js). */
interface Stopping {
  readonly config?: { readonly flows?: readonly Definition[] };
  readonly type?: string;
  readonly diff?: object;
}

const stopping = new WeakMap<EventEmitter, Stopping>();
const watched = new WeakSet<EventEmitter>();

/** To be called before the first `comesBack`. Node-RED's emitter gets one listener for each event, whoever calls. */
export function watchDeploys(events: EventEmitter): void {
  if (watched.has(events)) return;
  watched.add(events);
  events.on('flows:stopping', (what: Stopping) => stopping.set(events, what));
  events.on('flows:started', () => stopping.delete(events));
}

/**
 * Whether the flows are being stopped by a deploy that starts this node again, and with the same `members`: not by an end of Node-RED, a
 * stop, or a restart of the flows. Of `before` the members are compared with those that the deploy brings.
 */
export function comesBack(events: EventEmitter, before: Definition, members: readonly string[]): boolean {
  const what = stopping.get(events);
  if (what === undefined || !isDeploy(what)) return false;
  const after = what.config?.flows?.find(({ id }) => id === before['id']);
  if (after === undefined || after['d'] === true) return false;
  return members.every((member) => isDeepStrictEqual(valueAt(after, member), valueAt(before, member)));
}

/**
 * Only a deploy has compared the flows of before and after (`diffConfigs`, @node-red/runtime 4.1 and 5.0, lib/flows/util.js): a stop, also that
 * at the end of Node-RED, makes up an empty comparison without this member. One of single nodes or flows is always a deploy.
 */
const isDeploy = ({ type, diff = {} }: Stopping): boolean =>
  type !== 'full' || Object.hasOwn(diff, 'globalConfigChanged');

function valueAt(definition: Definition, path: string): unknown {
  let value: unknown = definition;
  for (const name of path.split('.')) {
    value = typeof value === 'object' && value !== null ? (value as Definition)[name] : undefined;
  }
  return value;
}
