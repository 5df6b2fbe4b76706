import { randomBytes } from 'node:crypto';
import { DeviceError } from '../../base/errors';
import { readPemFiles } from '../../net/pem-files';
import { describeProblems } from '../../base/fields/fields';
import { MqttExtension, parseExtension } from '../../mqtt/extension/extension';
import { ApplicationEntity } from '../../onem2m/ae/application-entity';
import type { AeConfig } from '../../onem2m/ae/model/config';
import type { Exchange } from '../../onem2m/exchange/requester';
import { AeSecret } from '../../onem2m/ae/model/secret';
import type { AeStore } from '../../onem2m/ae/model/store';
import { createBindings } from '../../onem2m/ae/create-bindings';
import { Client } from '../../onem2m/exchange/client';
import type { RequestMembers } from '../../onem2m/primitive/primitives';
import type { FirstAnswer, ProfileName } from '../../onem2m/binding/profile';
import { silentPorts } from '../admin/answering';
import { forProbe } from '../admin/probe';
import type { Subject } from '../admin/subject';
import { CLOSE_DEADLINE_MS, settleWithin } from '../../base/settle-within';

/** A CSE as the dialog looks at it. */
export interface CseLook {
  /** Name of the CSEBase. */
  readonly base: string;
  readonly originator: string;
  /** As configured. */
  readonly profile: ProfileName | 'auto';
  /** Everything that was answered so far, first first: who is asked is known by it. */
  readonly answers: readonly Pick<FirstAnswer, 'response' | 'traits'>[];
  exchange(request: RequestMembers, signal: AbortSignal): Promise<Exchange>;
}

export interface LookOptions {
  readonly config: AeConfig;
  readonly credentials: Readonly<Record<string, string>>;
  readonly originator: string;
  /** For one request, ms. */
  readonly timeoutMs: number;
  /** The `file:` references of the credentials that may be read. */
  readonly files: readonly string[];
  /** The `mqtt-extension` whose broker is used. */
  readonly extension?: Subject;
}

/**
 * Connects with settings that nobody has saved, lets `look` ask, and leaves: nothing is registered at the CSE, and the client id is
 * one that the broker forgets. @throws DeviceError
 */
export async function withCse<T>(options: LookOptions, look: (cse: CseLook) => Promise<T>): Promise<T> {
  const { config, credentials, files, originator, timeoutMs } = options;
  const extension = options.extension === undefined ? undefined : await openExtension(options.extension);
  let client: Client | undefined;
  // A broker that was never reached has nothing to forget.
  let wasUp = false;
  try {
    const bindings = createBindings(asGuest(config), {
      credentials,
      readFile: await readPemFiles(files),
      ports: silentPorts,
      uid: `dltest-${randomBytes(4).toString('hex')}`,
      ...(extension === undefined ? {} : { openConnection: (user) => extension.openConnection(user) }),
    });
    const answers: Pick<FirstAnswer, 'response' | 'traits'>[] = [];
    const opened = new Client({
      sender: bindings.sender,
      receivers: [bindings.sender],
      ports: silentPorts,
      timeoutMs,
      release: config.cse.release,
      originator: () => originator,
    });
    client = opened;
    opened.events.on('up', () => (wasUp = true));
    opened.events.on('answer', (response, traits) => answers.push({ response, traits }));
    const down = firstLoss(opened);
    opened.open();
    return await look({
      base: config.cse.base,
      originator,
      profile: config.cse.profile,
      answers,
      exchange: (request, signal) => Promise.race([opened.exchange(request, { signal }), down]),
    });
  } finally {
    const closing = [client?.close({ forget: wasUp }), extension?.close()].filter((one) => one !== undefined);
    await settleWithin(CLOSE_DEADLINE_MS, closing);
    client?.events.removeAllListeners();
    extension?.events.removeAllListeners();
  }
}

/** Of what a visitor leaves behind should it not be able to leave: gone after this. ms */
const VISIT_MS = 300_000;

/**
 * The CSEBase as a CSE shows it only to who is registered: registers an AE of another name and id, retrieves it, and takes the AE
 * away again. Rejects with what the CSE refuses.
 */
export async function visitCse({ config, credentials, files, timeoutMs, extension }: LookOptions): Promise<unknown> {
  const name = `dltest-${randomBytes(4).toString('hex')}`;
  const opened = extension === undefined ? undefined : await openExtension(extension);
  const guest = asGuest({ ...config, timeoutMs });
  const visitor: AeConfig = {
    ...guest,
    ae: { ...guest.ae, name, labels: [], requestReachability: false, announceTo: [] },
    registration: { expiresMs: VISIT_MS, checkMs: 0, onConflict: 'error', onClose: 'deregister' },
    resources: [],
    subscriptions: [],
    discoveries: [],
  };
  let entity: ApplicationEntity | undefined;
  try {
    const bindings = createBindings(visitor, {
      credentials,
      readFile: await readPemFiles(files),
      ports: silentPorts,
      uid: name,
      ...(opened === undefined ? {} : { openConnection: (user) => opened.openConnection(user) }),
    });
    const secret = AeSecret.create();
    entity = new ApplicationEntity(visitor, { ports: silentPorts, store: NO_STORE, secret, bindings });
    entity.start();
    return (await entity.perform({ operation: 'retrieve', onem2m: { to: config.cse.base } })).payload;
  } finally {
    await settleWithin(CLOSE_DEADLINE_MS, [entity?.close() ?? Promise.resolve()]);
    await settleWithin(CLOSE_DEADLINE_MS, [opened?.close() ?? Promise.resolve()]);
    entity?.events.removeAllListeners();
    opened?.events.removeAllListeners();
  }
}

const NO_STORE: AeStore = {
  load: () => Promise.resolve(undefined),
  save: () => Promise.resolve(),
  clear: () => Promise.resolve(),
};

/** Why the link could not be made, told at once: a deployed node would try again, a dialog wants to know. */
function firstLoss({ events }: Client): Promise<never> {
  const loss = new Promise<never>((_resolve, reject) => events.once('down', reject));
  // Who has asked nothing yet is told when asking.
  loss.catch(() => undefined);
  return loss;
}

/**
 * Only asks: no notifications come in, so nothing is listened on for them. Without an id of its own the client id is made of the uid:
 * that of the AE would cut off the deployed node.
 */
function asGuest(config: AeConfig): AeConfig {
  return { ...config, notify: { kind: 'same' }, ae: { ...config.ae, originator: 'C', pointOfAccess: [] } };
}

async function openExtension({ id, config, credentials, files, problems }: Subject): Promise<MqttExtension> {
  const environment = { readFile: await readPemFiles(files), extensionId: id, extensionUid: id };
  const parsed = parseExtension(forProbe(config), { ...credentials }, environment);
  const wrong = [...problems, ...(parsed.ok ? [] : parsed.problems)];
  if (parsed.ok && wrong.length === 0) return new MqttExtension(parsed.value, silentPorts);
  throw new DeviceError('CONFIG', `mqtt: the MQTT extension is misconfigured (${describeProblems(wrong)})`);
}
