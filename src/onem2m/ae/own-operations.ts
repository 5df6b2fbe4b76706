import { isPlainRecord } from '../../base/records';
import { DeviceError, ErrorCode } from '../../base/errors';
import { describeProblems, FieldReader } from '../../base/fields/fields';
import { lastSegment, parentOf } from '../primitive/addressing';
import { rscText } from '../primitive/status-codes';
import type { ResourceSpec, SubscriptionSpec } from './model/config';
import { KeptResource } from './upkeep/kept-resource';
import type { KeptSubscription } from './upkeep/kept-subscription';
import type { AeLife } from './upkeep/life';
import type { AeMessage, AeResult } from './model/messages';
import { resultInfo } from './operations';
import { readResource, readSubscription } from './parse/parse-resources';
import type { Registration } from './upkeep/registration';
import type { Requester } from '../exchange/requester';

/** The operations that change what an AE keeps up, beside those that only ask the CSE something. */
export const OWN_OPERATIONS = ['subscribe', 'unsubscribe', 'register', 'deregister', 'refresh'] as const;

export type OwnOperation = (typeof OWN_OPERATIONS)[number];

export const isOwnOperation = (name: string): name is OwnOperation => OWN_OPERATIONS.some((own) => own === name);

export interface OwnContext {
  readonly life: AeLife;
  readonly registration: Registration;
  readonly requester: Requester;
  readonly now: () => number;
  readonly subscribe: (spec: SubscriptionSpec) => Promise<KeptSubscription>;
  /** The subscriptions of this AE on a target, or the one of that name there. */
  readonly subscriptionsOn: (target: string, name: string | undefined) => readonly KeptSubscription[];
  /** Whether one on that target went with it. */
  readonly wasForgotten: (target: string) => boolean;
  readonly unsubscribe: (subscription: KeptSubscription, signal?: AbortSignal) => Promise<void>;
  readonly ensure: (resources: readonly ResourceSpec[]) => Promise<void>;
}

const CREATED = 2001;
const OK = 2000;
const UPDATED = 2004;
const DELETED = 2002;

/** Carries out one of OWN_OPERATIONS. Rejects with BAD_MESSAGE, naming the field, or with what the CSE said. */
export async function performOwn(
  operation: OwnOperation,
  message: AeMessage,
  context: OwnContext,
  signal?: AbortSignal,
): Promise<AeResult> {
  const { life, registration, now } = context;
  const startedAt = now();
  const done = (rsc: number): AeResult => {
    const { originator, address, expiresAt } = registration;
    const payload = { originator, address, ...(expiresAt === undefined ? {} : { expiresAt }) };
    return { payload, onem2m: plainInfo(operation, address, rsc, now() - startedAt) };
  };
  switch (operation) {
    case 'register':
      await life.register(signal);
      return done(OK);
    case 'deregister':
      await life.deregister();
      return done(DELETED);
    case 'refresh':
      await life.refresh();
      return done(UPDATED);
    case 'subscribe':
      return subscribe(message, context);
    case 'unsubscribe':
      return unsubscribe(message, context, startedAt, signal);
  }
}

/** `ensure`: a list of resources as in the configuration. */
export async function performEnsure(list: readonly unknown[], context: OwnContext): Promise<AeResult> {
  const startedAt = context.now();
  const problems = new FieldReader({});
  const specs = list.map((item, index) => readResource(item, `msg.payload[${index}]`, problems));
  refuse(problems);
  await context.ensure(specs);
  const addresses = specs.map((spec) => new KeptResource(context.requester, spec).address);
  const to = addresses[0] ?? context.registration.address;
  return { payload: addresses, onem2m: plainInfo('ensure', to, OK, context.now() - startedAt) };
}

/** `msg.topic` is the target; `msg.payload`, or the message itself, has `events`, `content`, `target_uri`, `name`, `attributes`. */
async function subscribe(message: AeMessage, context: OwnContext): Promise<AeResult> {
  const problems = new FieldReader({});
  const ae = context.requester.resolve('');
  const own = { base: parentOf(ae), aeName: lastSegment(ae) };
  const spec = readSubscription(subscriptionOf(message), 'msg.payload', problems, own);
  refuse(problems);
  const subscription = await context.subscribe(spec);
  const { address, target, name, last } = subscription;
  const payload = { address, target, name };
  if (last === undefined) return { payload, onem2m: plainInfo('subscribe', target, CREATED, 0) };
  return { payload, onem2m: resultInfo(last, 'subscribe') };
}

async function unsubscribe(
  message: AeMessage,
  context: OwnContext,
  startedAt: number,
  signal?: AbortSignal,
): Promise<AeResult> {
  const given = subscriptionOf(message);
  const target = typeof given['target'] === 'string' ? given['target'] : '';
  const name = typeof given['name'] === 'string' && given['name'] !== '' ? given['name'] : undefined;
  const found = context.subscriptionsOn(context.requester.resolve(target), name);
  if (found.length === 0 && !context.wasForgotten(context.requester.resolve(target))) {
    const text = `msg.topic must be a resource that this node has subscribed to, got "${target}"`;
    throw new DeviceError(ErrorCode.BAD_MESSAGE, text);
  }
  for (const subscription of found) await context.unsubscribe(subscription, signal);
  const payload = found.map(({ address }) => address);
  const to = payload[0] ?? context.requester.resolve(target);
  return { payload, onem2m: plainInfo('unsubscribe', to, DELETED, context.now() - startedAt) };
}

const SUBSCRIPTION_FIELDS = ['events', 'content', 'target_uri', 'name', 'attributes'] as const;

function subscriptionOf(message: AeMessage): Record<string, unknown> {
  const { payload, topic } = message;
  const own = SUBSCRIPTION_FIELDS.filter((name) => message[name] !== undefined && name !== 'name');
  return {
    ...(typeof topic === 'string' ? { target: topic } : {}),
    ...Object.fromEntries(own.map((name) => [name, message[name]])),
    ...(isPlainRecord(payload) ? payload : {}),
  };
}

function refuse({ problems }: FieldReader): void {
  if (problems.length > 0) throw new DeviceError(ErrorCode.BAD_MESSAGE, describeProblems(problems));
}

/** For what takes several requests, or none. */
function plainInfo(op: string, to: string, rsc: number, durationMs: number): AeResult['onem2m'] {
  return { op, to, rsc, rscText: rscText(rsc), rqi: '', durationMs, raw: undefined };
}
