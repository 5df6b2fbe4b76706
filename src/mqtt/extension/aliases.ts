/**
 * Names that other generations of the specification, its page (with its spelling mistakes) and its user interface write.
 * All are brought to the names of nodes.md before a configuration is read. Source: reference/octopus.md 1.11, 1.12 and 6.
 */
type Fields = Readonly<Record<string, unknown>>;

const CLIENT_NAMES = { connectionTime: 'connectTimeout', clientId: 'clientID' };
const STORE_NAMES = { direcotryPrefix: 'directoryPrefix' };
const AUTH_NAMES = { passsword: 'password', userName: 'username' };
const MESSAGE_NAMES = { retainted: 'retained' };

/** An `mqtt-extension` configuration under the names of nodes.md. What is not an object stays, for the reader to refuse. */
export function canonicalExtension(raw: Fields): Fields {
  const client = inside(raw['client'], canonicalClient);
  const message = inside(raw['message'], canonicalMessage);
  if (!isFields(message)) return { ...raw, client, message };
  const { will, ...rest } = message;
  const waitTimeout = rest['waitTimeout'] ?? (isFields(client) ? client['waitTimeout'] : undefined);
  return {
    ...raw,
    client: isFields(client) && isFields(will) ? { will: laterWill(will), ...client } : client,
    message: waitTimeout === undefined ? rest : { ...rest, waitTimeout },
  };
}

/** A `message` block, of an extension or of a device. Later generations have a template where the first has an object. */
export function canonicalMessage(raw: Fields): Fields {
  return withTopicObject(renamed(raw, MESSAGE_NAMES));
}

function canonicalClient(raw: Fields): Fields {
  const client = renamed(raw, CLIENT_NAMES);
  return {
    ...client,
    store: inside(client['store'], (store) => {
      const type = store['type'];
      return { ...renamed(store, STORE_NAMES), type: typeof type === 'string' ? type.toLowerCase() : type };
    }),
    basicAuth: inside(client['basicAuth'], (auth) => renamed(auth, AUTH_NAMES)),
    ...(client['will'] === undefined ? {} : { will: inside(client['will'], canonicalMessage) }),
  };
}

/** `message.will` of the later generations: Base64 always, QoS 1, retained. */
function laterWill(will: Fields): Fields {
  const content = { payloadEncode: 'base64', payloadContent: will['content'], qos: 1, retained: true };
  return withTopicObject({ topic: will['topic'], ...content });
}

function withTopicObject(raw: Fields): Fields {
  return typeof raw['topic'] === 'string' ? { ...raw, topic: { template: raw['topic'] } } : raw;
}

/** The name of nodes.md wins where both are given. */
function renamed(raw: Fields, names: Readonly<Record<string, string>>): Fields {
  const entries = Object.entries(raw).map(([name, value]): [string, unknown] => [names[name] ?? name, value]);
  return { ...Object.fromEntries(entries), ...raw };
}

const inside = (value: unknown, change: (fields: Fields) => Fields): unknown =>
  isFields(value) ? change(value) : value;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
