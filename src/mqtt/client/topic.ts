import { show } from '../../base/fields/fields';

/** How a topic is made: `name` (static) wins over `template`, and that over `prefix` with `with`. Empty text is absent. */
export interface TopicSettings {
  readonly name?: string;
  readonly prefix?: string;
  /** `nn` (default): `<prefix>/<namespace>/<name>`; `uid`: `<prefix>/<uid>`. */
  readonly with?: 'nn' | 'uid';
  /** Segments `:namespace :name :uid :path :operator` are replaced. */
  readonly template?: string;
}

export interface TopicIdentity {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/** What the keywords `:path` and `:operator` stand for. */
export interface TopicContext {
  readonly path?: string;
  readonly operator?: string;
}

/** `field`: `topic.name`, `topic.prefix`, `topic.with`, `topic.template`; or `name`, `namespace`, `uid` of the device. */
export type TopicResult =
  | { readonly ok: true; readonly topic: string }
  | { readonly ok: false; readonly field: string; readonly message: string };

/** A length is two bytes in MQTT (3.1.1, 1.5.3). */
const MAX_TOPIC_BYTES = 65_535;

/** The topic of a device. Rules and vectors: docs/facts/octopus.md#topics. */
export function renderTopic(settings: TopicSettings, identity: TopicIdentity, context: TopicContext = {}): TopicResult {
  if (given(settings.name)) return checked('topic.name', settings.name);
  if (given(settings.template)) return renderTemplate(settings.template, identity, context);
  if (!given(settings.prefix)) {
    const message = 'is required, unless the topic has a name or a template';
    return { ok: false, field: 'topic.prefix', message };
  }
  const prefix = checked('topic.prefix', settings.prefix);
  if (!prefix.ok) return prefix;
  const mode = settings.with ?? 'nn';
  if (mode === 'uid') return appended(prefix.topic, 'uid', identity);
  // Flows and manifests are not type-checked.
  if ((mode as string) !== 'nn')
    return { ok: false, field: 'topic.with', message: `must be nn or uid, got ${show(mode)}` };
  const withNamespace = appended(prefix.topic, 'namespace', identity);
  return withNamespace.ok ? appended(withNamespace.topic, 'name', identity) : withNamespace;
}

function appended(topic: string, part: keyof TopicIdentity, identity: TopicIdentity): TopicResult {
  const value = identity[part];
  if (!given(value)) return { ok: false, field: part, message: 'is required, because the topic contains it' };
  const problem = checkDeviceTopic(value);
  if (problem !== undefined) return { ok: false, field: part, message: `is part of the topic and ${problem}` };
  return checked('topic.prefix', `${topic}/${value}`);
}

/**
 * Octopus' later templates: empty segments, a lone `:`, keywords without a value and unknown `:words` are dropped;
 * nothing is replaced inside a segment; values may hold `/`; `.` and `..` are resolved as in a path.
 */
function renderTemplate(template: string, identity: TopicIdentity, context: TopicContext): TopicResult {
  const values: Readonly<Record<string, string | undefined>> = {
    ':namespace': identity.namespace,
    ':name': identity.name,
    ':uid': identity.uid,
    ':path': context.path,
    ':operator': context.operator === 'null' ? '' : context.operator,
  };
  const segments: string[] = [];
  for (const part of template.split('/')) {
    const value = part.startsWith(':') ? (Object.hasOwn(values, part) ? values[part] : '') : part;
    for (const segment of (value ?? '').split('/')) {
      if (segment === '..') segments.pop();
      else if (segment !== '' && segment !== '.') segments.push(segment);
    }
  }
  if (segments.length === 0) {
    return {
      ok: false,
      field: 'topic.template',
      message: `gives an empty topic for this device, got ${show(template)}`,
    };
  }
  return checked('topic.template', segments.join('/'));
}

function checked(field: string, topic: string): TopicResult {
  const message = checkDeviceTopic(topic);
  return message === undefined ? { ok: true, topic } : { ok: false, field, message };
}

/** A device's topic gets suffixes (`/$will`, `/<property>`), so it must not end with a slash. */
export function checkDeviceTopic(topic: string): string | undefined {
  return checkPublishTopic(topic) ?? (topic.endsWith('/') ? `must not end with "/", got ${show(topic)}` : undefined);
}

/**
 * What is wrong with a topic to publish to, or undefined. A broker drops the connection on a bad one, and the message
 * would be sent again after each reconnect. MQTT 3.1.1, 4.7; MQTT 5.0, 4.7.
 */
export function checkPublishTopic(topic: string): string | undefined {
  const wildcard = /[+#]/.exec(topic)?.[0];
  if (wildcard !== undefined) return `must not contain the wildcard ${wildcard}, got ${show(topic)}`;
  if (/^\$(?:SYS|share)(?:\/|$)/.test(topic))
    return `must not be in the broker's own $SYS or $share tree, got ${show(topic)}`;
  return checkTopicText(topic);
}

/** What is wrong with a topic filter to subscribe to, or undefined. `$share/<group>/<filter>` is a shared subscription. */
export function checkTopicFilter(filter: string): string | undefined {
  const problem = checkTopicText(filter);
  if (problem !== undefined) return problem;
  if (/^\$share(?:\/|$)/.test(filter) && !/^\$share\/[^/+#]+\/./.test(filter)) {
    return `must be $share/<group>/<filter>, got ${show(filter)}`;
  }
  const levels = filter.split('/');
  for (const [index, level] of levels.entries()) {
    if (level.includes('+') && level !== '+')
      return `must have the wildcard + alone between slashes, got ${show(filter)}`;
    if (level.includes('#') && (level !== '#' || index < levels.length - 1)) {
      return `must have the wildcard # alone and at the end, got ${show(filter)}`;
    }
  }
  return undefined;
}

/** Control and other non-characters are allowed by the letter, but brokers such as mosquitto hang up on them (1.5.3). */
function checkTopicText(topic: string): string | undefined {
  if (topic === '') return 'must not be empty';
  if (topic.includes('\0')) return 'must not contain a NUL character';
  if (/[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}]/u.test(topic)) {
    return `must not contain control characters or broken Unicode, got ${show(topic)}`;
  }
  const bytes = new TextEncoder().encode(topic).length;
  return bytes > MAX_TOPIC_BYTES ? `must be at most ${MAX_TOPIC_BYTES} bytes of UTF-8, got ${bytes}` : undefined;
}

/** Whether a message on `topic` belongs to `filter`. A leading wildcard does not match a topic that starts with `$` (4.7.2). */
export function topicMatches(filter: string, topic: string): boolean {
  const wanted = filter.replace(/^\$share\/[^/]+\//, '').split('/');
  const levels = topic.split('/');
  if (topic.startsWith('$') && (wanted[0] === '+' || wanted[0] === '#')) return false;
  for (const [index, level] of wanted.entries()) {
    if (level === '#') return true;
    if (index >= levels.length || (level !== '+' && level !== levels[index])) return false;
    if (index === levels.length - 1 && wanted.length === levels.length + 1 && wanted[index + 1] === '#') return true;
  }
  return wanted.length === levels.length;
}

/** The levels of a topic that the wildcards of a filter stand for, with slashes between: `1/temp` of `room/1/x/temp` for `room/+/x/#`. */
export function wildcardPart(filter: string, topic: string): string {
  const wanted = filter.replace(/^\$share\/[^/]+\//, '').split('/');
  const levels = topic.split('/');
  const parts = wanted.flatMap((level, index) => {
    if (level === '+') return levels.slice(index, index + 1);
    return level === '#' ? levels.slice(index) : [];
  });
  return parts.join('/');
}

const given = (text: string | undefined): text is string => text !== undefined && text !== '';
