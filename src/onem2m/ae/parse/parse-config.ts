/** Reads an `onem2m-ae` from its flow properties: docs/contract.md#onem2m-ae. Pure: also runs in the editor. */
import { FieldReader, show } from '../../../base/fields/fields';
import type { Checked } from '../../../base/fields/problems';
import type { BindingName } from '../../binding/binding';
import { CONTENT_FORMATS } from '../../resource/content';
import { parseEndpoint, type Endpoint } from '../../binding/endpoint';
import { RELEASES } from '../../resource/enumerations';
import { PROFILE_NAMES } from '../../binding/profile';
import type { AeConfig, NotifyConfig } from '../model/config';
import { AE_MIGRATIONS } from './migrations';
import { readDevices } from './parse-devices';
import { readDiscoveries, readResources, readSubscriptions } from './parse-resources';
import { readTexts } from './read-texts';

const NO_ENDPOINT: Endpoint = { scheme: 'mqtt', host: '', port: 0, path: '', cseID: '', text: '' };

const CONFLICT = ['resume', 'replace', 'error'] as const;
const ON_CLOSE = ['deregister', 'keep'] as const;
const NO_NAME = /[/?#+\s\p{Cc}]/u;

/** `raw` is the node's configuration as in the flow, with `${ENV}` already replaced; numbers and booleans may be text. */
export function parseAeConfig(raw: Readonly<Record<string, unknown>>): Checked<AeConfig> {
  const reader = new FieldReader(raw);
  reader.upgrade(AE_MIGRATIONS);
  reader.knows('uid');
  const usesExtension = reader.string('mqtt').trim() !== '';
  const endpoint = readEndpoint(reader, 'endpoint', usesExtension);
  const binding = readBinding(reader, endpoint);
  const cse = readCse(reader.object('cse'), endpoint);
  if (binding === 'mqtt' && cse.id === '' && endpoint !== NO_ENDPOINT) {
    const example = endpoint.text === '' ? '#mn-cse-1' : `${endpoint.text.replace(/#.*$/, '')}#mn-cse-1`;
    reader.fail('endpoint', `needs the CSE that receives the requests: "${example}", or cse.id`);
  }
  const ae = readAe(reader.object('ae'));
  const registration = readRegistration(reader.object('registration'));
  const resources = readResources(reader);
  const config: AeConfig = {
    name: reader.string('name').trim(),
    endpoint,
    binding,
    notify: readNotify(reader),
    cse,
    ae,
    registration,
    serialization: reader.oneOf('serialization', ['json', 'cbor'], 'json'),
    timeoutMs: reader.duration('timeout', '10s', 1),
    tls: readTls(reader.object('tlsConfig')),
    topicPrefix: readTopicPrefix(reader),
    resources,
    subscriptions: readSubscriptions(reader, { base: cse.base, aeName: ae.name }),
    discoveries: readDiscoveries(reader),
    contentFormat: reader.oneOf('contentFormat', CONTENT_FORMATS, 'auto'),
    devices: readDevices(reader.object('devices')),
  };
  return reader.check(config);
}

/** With an `mqtt-extension` the broker comes from there: then the address may be empty or only name the CSE (`#mn-cse-1`). */
function readEndpoint(reader: FieldReader, name: string, usesExtension: boolean): Endpoint {
  const text = reader.string(name).trim();
  if (usesExtension && (text === '' || text.startsWith('#'))) {
    const cse = text.slice(1).replace(/^\/+/, '');
    return { ...NO_ENDPOINT, cseID: cse === '' ? '' : `/${cse}`, text };
  }
  const parsed = parseEndpoint(text);
  if (parsed.ok) return parsed.value;
  reader.fail(name, parsed.message);
  return NO_ENDPOINT;
}

/** `ws://` is MQTT over WebSocket unless `binding` says that it is oneM2M's own WebSocket binding (TS-0020). */
function readBinding(reader: FieldReader, { scheme, text }: Endpoint): BindingName {
  const given = reader.oneOf('binding', ['auto', 'mqtt', 'http', 'websocket'], 'auto');
  const isHttp = scheme === 'http' || scheme === 'https';
  const natural = isHttp ? 'http' : 'mqtt';
  if (given === 'auto' || given === natural) return natural;
  if (given === 'websocket' && (scheme === 'ws' || scheme === 'wss')) return 'websocket';
  const needs = { mqtt: 'mqtt, mqtts, ws or wss', http: 'http or https', websocket: 'ws or wss' }[given];
  if (text !== '') reader.fail('binding', `${given} needs an endpoint with the scheme ${needs}, got ${show(scheme)}`);
  return given;
}

function readNotify(reader: FieldReader): NotifyConfig {
  const text = reader.string('notify').trim();
  if (text === '') return { kind: 'same' };
  if (text === 'poll') return { kind: 'poll' };
  const parsed = parseEndpoint(text);
  if (parsed.ok) {
    const { username, password } = parsed.value;
    if (username !== undefined || password !== undefined) {
      reader.fail('notify', "must not contain a user name or password: the node's own are used, which are encrypted");
    }
    return { kind: 'endpoint', endpoint: parsed.value };
  }
  reader.fail('notify', `must be empty, "poll", or an endpoint that ${parsed.message}`);
  return { kind: 'same' };
}

function readCse(reader: FieldReader, endpoint: Endpoint): AeConfig['cse'] {
  const given = reader.string('id').trim().replace(/^\/+/, '');
  if (NO_NAME.test(given)) reader.fail('id', `must be a CSE-ID such as "/mn-cse-1", got ${show(given)}`);
  const id = endpoint.cseID === '' ? (given === '' ? '' : `/${given}`) : endpoint.cseID;
  const base = reader.string('base', 'onem2m').trim();
  if (base === '' || NO_NAME.test(base)) {
    reader.fail('base', `must be the resource name of the CSEBase, such as "onem2m", got ${show(base)}`);
  }
  const spID = reader.string('spID').trim();
  if (spID !== '' && !/^\/\/[^/?#+\s]+$/.test(spID)) {
    reader.fail('spID', `must begin with two slashes, such as "//example.com", got ${show(spID)}`);
  }
  return {
    id,
    base,
    spID,
    release: reader.oneOf('release', RELEASES, '3'),
    profile: reader.oneOf('profile', ['auto', ...PROFILE_NAMES], 'auto'),
  };
}

function readAe(reader: FieldReader): AeConfig['ae'] {
  const name = reader.requiredString('name', 'the resource name of the application entity, such as "MYAPP"');
  if (NO_NAME.test(name)) {
    reader.fail('name', `must be a resource name without spaces, slashes, "#", "?" and "+", got ${show(name)}`);
  }
  const appID = reader.string('appID', `N${name}`).trim();
  if (!/^[NR]/.test(appID)) {
    reader.fail('appID', `must begin with N (not registered) or R (registered with an authority), got ${show(appID)}`);
  }
  const pointOfAccess = readPointOfAccess(reader);
  return {
    name,
    appID,
    originator: readOriginator(reader),
    credentialID: readLevel(reader, 'credentialID'),
    labels: readTexts(reader, 'labels'),
    ...(pointOfAccess === undefined ? {} : { pointOfAccess }),
    requestReachability: reader.boolean('requestReachability', true),
    announceTo: readTexts(reader, 'announceTo'),
    acpi: readTexts(reader, 'acpi'),
  };
}

/** AE-ID-Stem (TS-0001 7.2): `C...` is unique at its registrar, `S...` at its service provider. */
function readOriginator(reader: FieldReader): string {
  const text = reader.string('originator', 'C').trim();
  const stem = text.slice(text.lastIndexOf('/') + 1);
  const [wrong] = /[?#+\s\p{Cc}]/u.exec(text) ?? [];
  if (/^[CS]/.test(stem) && wrong === undefined) return text;
  if (/^[CS]/.test(stem)) {
    const what =
      wrong !== undefined && wrong.trim() !== '' && wrong > ' ' ? show(wrong) : 'a space or control character';
    reader.fail('originator', `must not contain ${what}, which no id may have, got ${show(text)}`);
    return 'C';
  }
  const expected = '"C" or "S" (the CSE assigns the id), or an id that begins with C or S';
  reader.fail('originator', `must be ${expected}, got ${show(text)}`);
  return 'C';
}

function readTls(reader: FieldReader): AeConfig['tls'] {
  const serverName = reader.string('serverName').trim();
  return { serverName, insecureSkipVerify: reader.boolean('insecureSkipVerify', false) };
}

function readTopicPrefix(reader: FieldReader): string {
  const text = reader.string('topicPrefix').trim();
  if (/[#+\p{Cc}]/u.test(text)) reader.fail('topicPrefix', `must not contain "#" or "+", got ${show(text)}`);
  return text;
}

/** A text that becomes a topic level. */
function readLevel(reader: FieldReader, name: string): string {
  const text = reader.string(name).trim();
  if (/[/#+\p{Cc}]/u.test(text)) reader.fail(name, `must not contain "/", "#" or "+", got ${show(text)}`);
  return text;
}

/** `auto`, one address, or a list of them; an empty list where the AE is to have none. */
function readPointOfAccess(reader: FieldReader): readonly string[] | undefined {
  const given = reader.given('pointOfAccess');
  if (given === undefined || given === 'auto') return undefined;
  const texts = Array.isArray(given) ? readTexts(reader, 'pointOfAccess') : [reader.string('pointOfAccess').trim()];
  for (const text of texts) {
    if (!/^[a-z][a-z0-9+.-]*:\/\/\S+$/i.test(text)) {
      reader.fail('pointOfAccess', `must be "auto" or addresses such as "mqtt://192.168.0.5:1883", got ${show(text)}`);
    }
  }
  return texts;
}

function readRegistration(reader: FieldReader): AeConfig['registration'] {
  const refresh = reader.given('refresh');
  return {
    expiresMs: reader.duration('expires', '1h'),
    ...(refresh === undefined || refresh === 'auto' ? {} : { refreshMs: reader.duration('refresh', '10m', 1000) }),
    checkMs: reader.duration('check', '5m'),
    onConflict: reader.oneOf('onConflict', CONFLICT, 'resume'),
    onClose: reader.oneOf('onClose', ON_CLOSE, 'deregister'),
  };
}
