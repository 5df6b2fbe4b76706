import {
  type Change,
  inOrder,
  inside,
  isFields,
  isGiven,
  type Migration,
  moving,
  own,
  renamed,
  withMember,
  withoutMember,
} from '../../base/fields/migrations';
import { withUid } from '../client/client-id';

/**
 * Names that other generations of the specification, its page (with its spelling mistakes) and its user interface write.
 * Source: docs/facts/octopus.md#other-spellings. Pure: also runs in the editor.
 */

/** Later generations have a template where the first has an object. */
const topicToObject: Change = (raw) => {
  const topic = own(raw, 'topic');
  return typeof topic === 'string' && topic !== '' ? withMember(raw, 'topic', { template: topic }) : raw;
};

/** A `message` block, of an extension or of a device; a will is one, too. */
export const MESSAGE_NAMES: Change = inOrder(renamed({ retainted: 'retained' }), topicToObject);

/** The user interface of Octopus writes `Memory` and `File`. */
const storeType: Change = (raw) => {
  const type = own(raw, 'type');
  return typeof type === 'string' && /^(?:memory|file)$/i.test(type)
    ? withMember(raw, 'type', type.toLowerCase())
    : raw;
};

/** Older names of members of `client`, and of two of its objects. */
export const OLDER_NAMES = {
  client: { connectionTime: 'connectTimeout', clientId: 'clientID' },
  store: { direcotryPrefix: 'directoryPrefix' },
  basicAuth: { passsword: 'password', userName: 'username' },
} as const;

/** A dialog saves this without anybody having chosen it; what was written beside it by hand was. */
const UNCHOSEN_CONNECT_TIMEOUT = '30s';

const chosenConnectTimeout: Change = (raw) =>
  own(raw, 'connectTimeout') === UNCHOSEN_CONNECT_TIMEOUT && isGiven(own(raw, 'connectionTime'))
    ? withoutMember(raw, 'connectTimeout')
    : raw;

const CLIENT_NAMES: Change = inOrder(
  chosenConnectTimeout,
  renamed(OLDER_NAMES.client),
  inside('store', inOrder(renamed(OLDER_NAMES.store), storeType)),
  inside('basicAuth', renamed(OLDER_NAMES.basicAuth)),
  inside('will', MESSAGE_NAMES),
);

const laterWill: Change = (will, moved) => {
  const { content, ...rest } = will;
  if (!isGiven(content)) return MESSAGE_NAMES(rest, moved);
  moved('payloadContent', 'content');
  return MESSAGE_NAMES({ ...rest, payloadEncode: 'base64', payloadContent: content, qos: 1, retained: true }, moved);
};

/** `message.will` of the later generations is that of the client: Base64 always, QoS 1, retained. */
const willToClient: Change = (raw, moved) => {
  const { client, message } = raw;
  const will = isFields(message) ? own(message, 'will') : undefined;
  if (!isFields(client) || isGiven(own(client, 'will')) || !isFields(message) || !isFields(will)) return raw;
  moved('client.will', 'message.will');
  return {
    ...raw,
    client: withMember(
      client,
      'will',
      laterWill(will, (now, given) => moved(`client.will.${now}`, `client.will.${given}`)),
    ),
    message: withoutMember(message, 'will'),
  };
};

/** Each device had its uid behind the client id, whether that was wanted or not. */
const clientIdPerDevice: Change = (raw) => {
  const client = own(raw, 'client');
  if (own(raw, 'connection') !== 'dedicated' || !isFields(client)) return raw;
  const clientId = own(client, 'clientID');
  if (typeof clientId !== 'string' || clientId === '') return raw;
  const version = Number(own(client, 'protocolVersion')) === 3 ? 3 : 0;
  return withMember(raw, 'client', withMember(client, 'clientID', withUid(clientId, version)));
};

/** What `mqtt-extension` was in earlier versions, and how other generations of the specification have it. */
export const EXTENSION_MIGRATIONS: readonly Migration[] = [
  {
    to: 1,
    describe: 'client has connectTimeout, clientID, store and account by these names',
    spelling: true,
    migrate: inside('client', CLIENT_NAMES),
  },
  {
    to: 1,
    describe:
      'message has retained by this name and topic as an object; the will and waitTimeout are in client and message',
    spelling: true,
    migrate: inOrder(
      inside('message', MESSAGE_NAMES),
      willToClient,
      moving('client.waitTimeout', 'message.waitTimeout'),
    ),
  },
  {
    to: 2,
    describe:
      'with dedicated connections clientID is used as it is given, with its keywords replaced: it was followed by "-:uid"',
    migrate: clientIdPerDevice,
  },
];

/** What a device has of it: its own `message` block. */
export const DEVICE_MESSAGE_MIGRATION: Migration = {
  to: 1,
  describe: 'message has retained by this name and topic as an object',
  spelling: true,
  migrate: inside('message', MESSAGE_NAMES),
};
