import type { ReadFile } from '../../net/pem-files';
import { describeProblems, FieldReader } from '../../base/fields/fields';
import type { Checked, Problem } from '../../base/fields/problems';
import { readClient, type ClientSettings } from './client-options';
import { EXTENSION_MIGRATIONS } from './migrations';
import { hasKeyword } from '../client/client-id';
import { MESSAGE_DEFAULTS, readMessage, type MessageSettings } from './message-options';
import { storeDirectory } from '../store/store-settings';
import { commonTopic, willTopic } from './will';

export type { MessageOptions } from './message-options';

/** An `mqtt-extension` node's configuration, checked: docs/contract.md#mqtt-extension. It holds secrets: never log or show it. */
export interface ExtensionConfig {
  readonly name: string;
  /** Makes the default client id of a shared connection; any text that stays the same. */
  readonly uid: string;
  readonly connection: 'shared' | 'dedicated';
  readonly client: ClientSettings;
  readonly message: MessageSettings;
  /** Defaults of the devices' `publish` block, as in the flow. */
  readonly publish: Readonly<Record<string, unknown>>;
  /** Devices publish their availability: where no will is configured, it tells that the shared connection is lost. */
  readonly coversAvailability?: boolean;
  /** `Checked.warnings` as texts, to be logged once: allowed, but worth knowing. */
  readonly warnings: readonly string[];
}

/** What parsing needs from its surroundings. */
export interface ExtensionEnvironment {
  /** Text of a file with a certificate or key, read before. */
  readonly readFile: ReadFile;
  readonly extensionId: string;
  readonly extensionUid: string;
  /** Where relative directories begin; absent: where the process runs. */
  readonly userDirectory?: string;
  /** Some device has `publish.availability`. */
  readonly isAvailabilityPublished?: boolean;
}

/** `raw` is the node's configuration as in the flow, with `${ENV}` already replaced; numbers and booleans may be text. */
export function parseExtension(
  raw: Readonly<Record<string, unknown>>,
  credentials: Readonly<Record<string, string>>,
  environment: ExtensionEnvironment,
): Checked<ExtensionConfig> {
  const problems: Problem[] = [];
  const reader = new FieldReader(raw, '', problems);
  reader.upgrade(EXTENSION_MIGRATIONS);
  reader.knows('uid', 'tls');
  const secrets = new FieldReader(credentials, '', problems);
  const uid = environment.extensionUid === '' ? environment.extensionId : environment.extensionUid;
  const client = readClient(reader.object('client'), secrets, {
    readFile: environment.readFile,
    storeDirectoryOf: (prefix) => storeDirectory(environment.userDirectory ?? '', prefix, uid),
  });
  const message = readMessage(reader.object('message'), MESSAGE_DEFAULTS);
  const connection = reader.oneOf('connection', ['shared', 'dedicated'], 'shared');
  if (connection === 'shared' && client.clientId !== undefined && hasKeyword(client.clientId)) {
    reader.object('client').warn('clientID', 'is used as it is: keywords are replaced with dedicated connections only');
  }
  if (connection === 'shared' && client.will !== undefined) {
    const topic = willTopic(client.will, commonTopic(message.topic), { namespace: '', name: '', uid });
    if (!topic.ok) reader.fail(topic.field, topic.message);
  }
  warnOfVersion(reader.object('message'), message, client);
  const publish = reader.object('publish');
  const checked = reader.check({
    name: reader.string('name'),
    uid,
    connection,
    client,
    message,
    ...((environment.isAvailabilityPublished === true || isTrue(publish.given('availability'))) && {
      coversAvailability: true,
    }),
    publish: Object.fromEntries(publish.keys().map((key) => [key, publish.given(key)])),
    warnings: [],
  });
  const warnings = (checked.warnings ?? []).map((warning) => describeProblems([warning]));
  return checked.ok ? { ...checked, value: { ...checked.value, warnings } } : checked;
}

/** A time after which a message is not sent any more is kept with any version. */
function warnOfVersion(
  reader: FieldReader,
  { properties }: MessageSettings,
  { protocolVersion }: ClientSettings,
): void {
  if (protocolVersion === 5) return;
  for (const name of Object.keys(properties ?? {}).filter((each) => each !== 'messageExpiryInterval')) {
    reader.warn(name, 'has no effect: it needs protocolVersion 5 (MQTT 5.0)');
  }
}

const isTrue = (value: unknown): boolean => value === true || value === 'true';
