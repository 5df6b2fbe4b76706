/** The lists of an `onem2m-ae`: resources, subscriptions and discoveries. Pure: also runs in the editor. */
import { type FieldReader, show } from '../../../base/fields/fields';
import { targetResolver, type TargetBase } from '../../primitive/addressing';
import { eventNumber, EVENT_NAMES, contentNumber, CONTENT_NAMES } from '../../resource/enumerations';
import { toFilterCriteria } from '../../resource/filter-criteria';
import { describeTypes, resourceType } from '../../resource/resource-types';
import type { DiscoverySpec, ResourceSpec, SubscriptionSpec } from '../model/config';
import { readTexts } from './read-texts';

const MOST_RESOURCES = 1000;

/** A shorter pause between two discoveries would only burden the CSE. */
const SHORTEST_INTERVAL_MS = 1000;

const MANAGEMENT_OBJECT = 13;
const FLEX_CONTAINER = 28;
/** Types of announced resources are those of the originals plus this. */
const ANNOUNCED = 10_000;

/** Keys of a resource that are not attributes. */
const OWN_KEYS = new Set(['ty', 'path', 'labels', 'wrapper', 'attributes']);

export function readResources(reader: FieldReader): ResourceSpec[] {
  const seen = new Set<string>();
  return bounded(reader, 'resources').map(({ value, field }) => {
    const spec = readResource(value, field, reader);
    if (spec.path !== '' && seen.has(spec.path)) {
      reader.item({ value, field }).fail('path', `is there twice: ${show(spec.path)}`);
    }
    seen.add(spec.path);
    return spec;
  });
}

/** One resource of `resources`, or of `msg.payload` of an `ensure`; problems go to `reader`. */
export function readResource(value: unknown, field: string, reader: FieldReader): ResourceSpec {
  const item = reader.item({ value, field });
  const path = readPath(item, 'path', 'where the resource is to be, such as "measurements"');
  const given = item.given('ty') ?? 'container';
  const type = resourceType(given);
  if (type === undefined) item.fail('ty', `is not a resource type: expected ${describeTypes()}, got ${show(given)}`);
  const wrapper = item.string('wrapper', type === undefined || isAbstract(type) ? '' : type.wrapper).trim();
  if (wrapper === '' && type !== undefined) {
    item.fail('wrapper', `is required for a ${type.name}: its name and namespace, such as "cod:tempe"`);
  }
  const labels = readTexts(item, 'labels');
  const own = item.keys().filter((key) => !OWN_KEYS.has(key) && item.given(key) !== undefined);
  const more = item.object('attributes');
  const attributes = {
    ...(labels.length > 0 ? { lbl: labels } : {}),
    ...Object.fromEntries(own.map((key) => [key, item.given(key)])),
    ...Object.fromEntries(more.keys().map((key) => [key, more.given(key)])),
  };
  if ('rn' in attributes) item.fail('rn', 'is the last part of the path');
  return { ty: type?.ty ?? 0, path, wrapper, attributes, field };
}

/** Management objects and flexContainers are created under the name of their kind (`m2m:bat`, `cod:tempe`), never as themselves. */
const isAbstract = ({ ty, wrapper }: { readonly ty: number; readonly wrapper: string }): boolean =>
  wrapper === resourceType(ty)?.wrapper && (ty % ANNOUNCED === MANAGEMENT_OBJECT || ty % ANNOUNCED === FLEX_CONTAINER);

export function readSubscriptions(reader: FieldReader, own: TargetBase): SubscriptionSpec[] {
  const names = new Map<string, string>();
  return bounded(reader, 'subscriptions').map(({ value, field }) => {
    const spec = readSubscription(value, field, reader, own);
    const key = `${spec.target}/${spec.name}`;
    if (names.has(key)) {
      const item = reader.item({ value, field });
      item.fail('name', `is that of ${names.get(key) ?? ''} too: give one of them another name`);
    }
    names.set(key, field);
    return spec;
  });
}

/** One subscription of `subscriptions`, or of a message; problems go to `reader`. `own`: the AE that subscribes. */
export function readSubscription(
  value: unknown,
  field: string,
  reader: FieldReader,
  own: TargetBase,
): SubscriptionSpec {
  const item = reader.item({ value, field });
  const target = item.string('target').trim();
  const problem = pathProblem(target);
  if (problem !== undefined) item.fail('target', problem);
  const events = readEvents(item);
  const content = readContent(item);
  const targetUri = item.string('target_uri').trim();
  const more = item.object('attributes');
  const given = item.string('name').trim();
  return {
    target,
    name: given === '' ? defaultName(problem === undefined ? target : '', events, own) : given,
    isNamed: given !== '',
    events,
    ...(content === undefined ? {} : { content }),
    ...(targetUri === '' ? {} : { targetUri }),
    attributes: Object.fromEntries(more.keys().map((member) => [member, more.given(member)])),
    field,
  };
}

/**
 * The same each time, so that a subscription is found again after a restart. On what belongs to somebody else it has the name of the
 * AE in it: others may subscribe there too.
 */
function defaultName(target: string, events: readonly number[], own: TargetBase): string {
  const place = target.replaceAll(/[^A-Za-z0-9]+/g, '-').replaceAll(/^-|-$/g, '');
  const parts = ['devicelink', isOutside(target, own) ? own.aeName : '', place, events.join('-')];
  return parts.filter((part) => part !== '').join('-');
}

function isOutside(target: string, own: TargetBase): boolean {
  try {
    const resolve = targetResolver(own);
    return !`${resolve(target)}/`.startsWith(`${resolve('')}/`);
  } catch {
    return false; // no address at all: told when it is used
  }
}

function readEvents(item: FieldReader): number[] {
  const given = item.given('events') ?? ['createChild'];
  const list: unknown[] = Array.isArray(given) ? given : [given];
  const events = list.map((event) => ({ event, number: eventNumber(event) }));
  for (const { event, number } of events) {
    if (number === undefined) {
      item.fail('events', `must be of ${Object.keys(EVENT_NAMES).join(', ')}, got ${show(event)}`);
    }
  }
  if (list.length === 0) item.fail('events', 'must name at least one event');
  return [...new Set(events.flatMap(({ number }) => number ?? []))];
}

function readContent(item: FieldReader): number | undefined {
  const given = item.given('content');
  if (given === undefined) return undefined;
  const number = contentNumber(given);
  if (number === undefined) {
    item.fail('content', `must be one of ${Object.keys(CONTENT_NAMES).join(', ')}, got ${show(given)}`);
  }
  return number;
}

export function readDiscoveries(reader: FieldReader): DiscoverySpec[] {
  return bounded(reader, 'discoveries').map(({ value, field }, index) => {
    const item = reader.item({ value, field });
    const filter = toFilterCriteria(item.object('filter'));
    return {
      name: item.string('name', `discovery ${index + 1}`),
      target: item.string('target').trim(),
      filter,
      intervalMs: item.duration('interval', '1m', SHORTEST_INTERVAL_MS),
      field,
    };
  });
}

function bounded(reader: FieldReader, name: string): ReturnType<FieldReader['list']> {
  const list = reader.list(name);
  if (list.length <= MOST_RESOURCES) return list;
  reader.fail(name, `must have at most ${MOST_RESOURCES} entries, got ${list.length}`);
  return list.slice(0, MOST_RESOURCES);
}

function readPath(item: FieldReader, name: string, expected: string): string {
  const path = item.requiredString(name, expected).replace(/\/+$/, '');
  const problem = path === '' ? undefined : pathProblem(path);
  if (problem !== undefined) item.fail(name, problem);
  return path;
}

function pathProblem(path: string): string | undefined {
  if (/[?#+\s\p{Cc}]/u.test(path)) return `must not contain spaces, "?", "#" or "+", got ${show(path)}`;
  return /[^/]\/\//.test(path) ? `has an empty part, got ${show(path)}` : undefined;
}
