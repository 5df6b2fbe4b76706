import type { DeviceIdentity } from '../../base/identity';
import { checkClientId, defaultClientId, renderClientId, type ClientIdResult } from '../client/client-id';
import type { ConnectionOptions } from '../client/connection-options';
import { storeFile, type FileStoreSettings } from '../store/store-settings';
import type { StoreSettings } from './client-options';
import type { ExtensionConfig } from './options';
import type { TopicSettings } from '../client/topic';
import { commonTopic, toWill, willTopic } from './will';

/** One connection that is to be: who it is on the broker, and all its options. */
export interface ConnectionPlan {
  readonly clientId: string;
  readonly options: ConnectionOptions;
  /** Where it is told, retained, whether this connection of several devices is there: `online` here, `offline` by its will. */
  readonly presence?: string;
}

export type ConnectionPlanResult =
  | { readonly ok: true; readonly value: ConnectionPlan }
  | { readonly ok: false; readonly field: string; readonly message: string };

/**
 * The connection of one device (dedicated: the client id with its keywords replaced, its will at `<device topic>/$will`), or without
 * `user` that of all devices (shared: the extension's client id as it is given, its will where all their topics begin). A user
 * with topics of its own gets the client id it asks for, and no will: that speaks of devices. Where no will is configured it is
 * the availability's, if that is published.
 */
export function connectionPlan(
  config: ExtensionConfig,
  user?:
    | { readonly device: DeviceIdentity; readonly topic: string; readonly availability?: boolean | undefined }
    | { readonly clientId: string },
): ConnectionPlanResult {
  const { will: willSettings, store, ...client } = config.client;
  if (user !== undefined && 'clientId' in user) {
    const { clientId } = user;
    const problem = clientId === '' ? 'must not be empty' : checkClientId(clientId, client.protocolVersion);
    if (problem !== undefined) return { ok: false, field: 'clientID', message: problem };
    return { ok: true, value: { clientId, options: { ...client, ...storeOf(store, clientId), clientId } } };
  }
  const identity = user?.device ?? { namespace: '', name: '', uid: config.uid };
  const rendered = clientIdOf(config, user?.device);
  if (!rendered.ok) return rendered;
  const { clientId } = rendered;
  if (willSettings === undefined) {
    const topic = availabilityTopic(config, user);
    const isOfSeveral = user === undefined && config.message.topic.name === undefined;
    const will = topic !== undefined && {
      topic,
      payload: Buffer.from('offline'),
      qos: config.message.qos,
      retained: true,
    };
    const options = { ...client, ...storeOf(store, clientId), clientId, ...(will && { will }) };
    return { ok: true, value: { clientId, options, ...(isOfSeveral && topic !== undefined && { presence: topic }) } };
  }
  const topic = willTopic(willSettings, user === undefined ? commonTopic(config.message.topic) : user.topic, identity);
  if (!topic.ok) return topic;
  const will = toWill(willSettings, topic.topic);
  return { ok: true, value: { clientId, options: { ...client, ...storeOf(store, clientId), clientId, will } } };
}

/** The store of one connection; nothing where that is in memory. */
function storeOf(store: StoreSettings, clientId: string): { readonly store?: FileStoreSettings } {
  if (store.type === 'memory') return {};
  const { directory, durability, maxBytes } = store;
  return { store: { file: storeFile(directory, clientId), durability, maxBytes } };
}

/** What a lost connection makes `offline`: the device's own availability, or one for all whose topics begin in the same way. */
function availabilityTopic(
  config: ExtensionConfig,
  user: { readonly topic: string; readonly availability?: boolean | undefined } | undefined,
): string | undefined {
  const base = user === undefined ? commonTopic(config.message.topic) : user.topic;
  const isPublished = user === undefined ? config.coversAvailability === true : user.availability === true;
  return isPublished && base !== undefined ? `${base}/$availability` : undefined;
}

function clientIdOf({ uid, client }: ExtensionConfig, device: DeviceIdentity | undefined): ClientIdResult {
  const { clientId: given, protocolVersion: version } = client;
  if (device === undefined) return { ok: true, clientId: given ?? defaultClientId(uid, version) };
  const own = device.uid === '' ? `${device.namespace}/${device.name}` : device.uid;
  if (given === undefined) return { ok: true, clientId: defaultClientId(own, version) };
  return renderClientId(given, { ...device, uid: own }, version);
}

/** Client id and will topic of the connections of devices in general, with `:uid` and so on where they differ. */
export function dedicatedPattern(config: ExtensionConfig): { readonly clientId: string; readonly willTopic: string } {
  const { clientId, will } = config.client;
  const own = will?.topic.name ?? will?.topic.template;
  return { clientId: clientId ?? 'octopus-:uid', willTopic: own ?? `${topicPattern(config.message.topic)}/$will` };
}

/** A topic setting as text where no device is known. */
export function topicPattern({ name, template, prefix, with: mode }: TopicSettings): string {
  if (name !== undefined || template !== undefined) return name ?? template ?? '';
  return prefix === undefined ? '' : `${prefix}/${mode === 'uid' ? ':uid' : ':namespace/:name'}`;
}
