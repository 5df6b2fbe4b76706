import { eventName, eventNumber } from '../../../src/onem2m/resource/enumerations';
import type { Draft } from '../../../src/editor/dialog/dialog';
import { freeName } from '../../../src/editor/form/free-name';
import type { PairLine } from '../../../src/editor/table/pairs-table';
import { setAt, valueAt } from '../../../src/editor/form/paths';
import { toInput } from '../../../src/editor/form/text-value';

/** The events of a subscription by name, whatever way the flow has them; what is no event stays as it is. */
export function eventNames(events: unknown): string[] {
  const list: unknown[] = Array.isArray(events) ? events : events === undefined || events === '' ? [] : [events];
  return [...new Set(list.map((event) => nameOf(event) ?? toInput(event)))];
}

/** With or without one event, in the order of the specification; what is no event goes last. */
export function withEvent(events: unknown, event: string, chosen: boolean): string[] {
  const others = eventNames(events).filter((name) => name !== event);
  const all = chosen ? [...others, event] : others;
  const order = (name: string) => eventNumber(name) ?? Number.MAX_SAFE_INTEGER;
  return all.sort((a, b) => order(a) - order(b));
}

/** The name of an event given by number, or in any case. */
const nameOf = (event: unknown): string | undefined => eventName(eventNumber(event));

/** Removes objects that the inputs have left empty, such as `attributes.bn` without `num` and `dur`. */
export function prune(item: Draft, ...paths: readonly string[]): void {
  for (const path of paths) {
    const value = valueAt(item, path);
    const isEmpty =
      typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0;
    if (isEmpty) setAt(item, path, undefined);
  }
}

/** Gives a copy another name, where it has one. */
export function renameCopy(copy: Draft, items: readonly Draft[], key: string): void {
  const name = toInput(copy[key]);
  const taken = items.map((item) => item[key]);
  if (name !== '') copy[key] = freeName(name, taken);
}

/** `{ speed: 'fanSp0' }` as lines of a table, and back; lines without a name are left out. */
export const pairsOf = (object: unknown): PairLine[] =>
  typeof object === 'object' && object !== null && !Array.isArray(object)
    ? Object.entries(object).map(([name, value]: [string, unknown]) => ({ name, value: toInput(value) }))
    : [];

export function objectOf(lines: readonly PairLine[]): Record<string, string> {
  const named = lines.filter(({ name }) => name.trim() !== '');
  return Object.fromEntries(named.map(({ name, value }) => [name.trim(), value]));
}

/** The address of a resource as the target of a subscription: below the AE where it is there, else from the CSEBase. */
export function targetOf(address: string, base: string, aeName: string): string {
  const own = `${base}/${aeName}/`;
  return address.startsWith(own) ? address.slice(own.length) : address;
}
