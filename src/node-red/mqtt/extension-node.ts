import type { Node, NodeAPI, NodeDef } from 'node-red';
import { DeviceError } from '../../base/errors';
import type { Problem } from '../../base/fields/problems';
import { asRecord } from '../../base/records';
import { noFiles, pemReferences, readPemFiles, type ReadFile } from '../../net/pem-files';
import { MqttExtension, parseExtension } from '../../mqtt/extension/extension';
import type { Farewell } from '../../mqtt/extension/farewells';
import type { ConnectionUser } from '../../base/broker-connection';
import type { ExtensionConnection } from '../../mqtt/client/extension-connection';
import type { DeviceTopic, MqttUser } from '../../mqtt/extension/device-topic';
import { Badge } from '../common/badge';
import { CLOSE_DEADLINE_MS, settleWithin } from '../../base/settle-within';
import { replaceEnvironment, replaceInCredentials } from '../common/environment';
import { ErrorFunnel } from '../common/error-funnel';
import { comesBack, watchDeploys } from '../common/deploys';
import { configError } from '../common/flow-error';
import { whenFlowsStarted } from '../common/flows-started';
import { uidOf } from '../common/identity';
import type { ExtensionNode } from '../common/mqtt-users';
import { parsePublishOptions } from '../../mqtt/publishing/publish-settings';
import { withTlsNode } from './tls-node';
import { Warnings } from '../common/warnings';
import { portsOf } from '../common/ports';
import { userDirectoryOf } from '../common/user-directory';
import { systemClock } from '../../base/ports';
import { ExtensionBadge } from './extension-badge';

/** Gives a new config node `mqtt-extension` its working parts. */
export function runExtension(RED: NodeAPI, node: Node, definition: NodeDef): void {
  const settings = readSettings(RED, node, definition);
  const references = pemReferences(settings.config, settings.credentials);
  const directory = userDirectoryOf(RED);
  watchDeploys(RED.events);
  const running = new RunningExtension(RED, node);
  Object.defineProperties(node, Object.getOwnPropertyDescriptors(membersOf(running)));
  if (references.length === 0) running.start(configure(node, settings, noFiles, directory));
  else running.startAfter(readPemFiles(references).then((readFile) => configure(node, settings, readFile, directory)));
}

/** What others may ask of the config node. */
function membersOf(running: RunningExtension): Omit<ExtensionNode, keyof Node> {
  const { users } = running;
  return {
    users,
    get ready() {
      return running.ready;
    },
    get publishDefaults() {
      return running.configured.publishDefaults;
    },
    get isConfigured() {
      return running.configured.extension !== undefined;
    },
    join: (user) => {
      users[user.id] = user;
    },
    // After a redeploy a new node may already stand there under the same id.
    leave: (user) => {
      if (users[user.id] === user) Reflect.deleteProperty(users, user.id);
    },
    attach: (user: MqttUser): DeviceTopic => running.extension.attach(user),
    openConnection: (user: ConnectionUser): ExtensionConnection => running.extension.openConnection(user),
    observedStatus: () => running.observedStatus(),
    seenTopics: () => running.configured.extension?.seenTopics() ?? [],
  };
}

/** What the devices of a config node that is deployed again have left to be said, by its id. */
const inheritances = new Map<string, readonly Farewell[]>();
/** With these the devices are where they were. */
const SAME_PLACE = [
  'client.server',
  'client.clientID',
  'connection',
  'message.topic',
  'message.path',
  'message.operator',
  'uid',
];

/** The life of one config node, from deploy to redeploy. */
class RunningExtension {
  readonly users: Record<string, Node> = {};
  /** See `ExtensionNode.ready`. */
  ready: Promise<void> | undefined;
  configured: Configured = { problems: [], publishDefaults: {} };
  private readonly badge: Badge;
  private readonly storedWord: string;
  private shown: ExtensionBadge | undefined;
  private readonly funnel: ErrorFunnel;
  private readonly flowsStarted: Promise<void>;
  /** As it is in the flow. */
  private readonly deployed: Readonly<Record<string, unknown>>;
  private isClosed = false;

  constructor(
    RED: NodeAPI,
    private readonly node: Node,
  ) {
    this.deployed = deployedForm(RED, node);
    this.flowsStarted = new Promise((resolve) => node.on('close', whenFlowsStarted(RED.events, resolve)));
    this.badge = new Badge(node, (key) => RED._(key));
    this.storedWord = RED._('status.stored');
    this.funnel = new ErrorFunnel(node);
    node.on('close', (removed: boolean, done: () => void) => {
      this.isClosed = true;
      void this.close(!removed && comesBack(RED.events, this.deployed, SAME_PLACE)).then(done);
    });
  }

  /** @throws DeviceError CONFIG */
  get extension(): MqttExtension {
    if (this.configured.extension !== undefined) return this.configured.extension;
    throw new DeviceError('CONFIG', `mqtt: the MQTT extension "${nameOf(this.node)}" is misconfigured`);
  }

  private get misconfigured(): DeviceError | undefined {
    const { problems } = this.configured;
    return problems.length > 0 ? configError(problems) : undefined;
  }

  startAfter(configured: Promise<Configured>): void {
    this.ready = configured.then((value) => {
      this.ready = undefined;
      if (!this.isClosed) this.start(value);
    });
  }

  start(configured: Configured): void {
    this.configured = configured;
    const { badge, funnel, misconfigured } = this;
    if (misconfigured !== undefined) {
      // Its users are made after it; once they all exist, this also reaches their Catch and Status nodes.
      void this.flowsStarted.then(() => {
        if (this.isClosed) return;
        badge.show('misconfigured', { code: misconfigured.code, message: configured.problems[0]?.field ?? '' });
        funnel.report('config', misconfigured);
      });
    }
    const { extension } = configured;
    if (extension === undefined) return;
    extension.inherit(inheritances.get(this.node.id) ?? []);
    inheritances.delete(this.node.id);
    const shown = new ExtensionBadge(badge, () => extension.status().stored, systemClock, this.storedWord);
    this.shown = shown;
    extension.events.on('connected', () => {
      funnel.recovered('mqtt');
      shown.connected(extension.fallback);
    });
    extension.events.on('disconnected', (error) => {
      shown.disconnected(error);
      funnel.report('mqtt', error);
    });
    extension.events.on('problem', (error) => funnel.report('mqtt', error));
  }

  observedStatus(): object {
    const { misconfigured } = this;
    const waiting = { connected: false, ...(misconfigured === undefined ? {} : { lastError: told(misconfigured) }) };
    return this.configured.extension?.status() ?? waiting;
  }

  private async close(comesBack: boolean): Promise<void> {
    const { extension } = this.configured;
    if (extension === undefined) return;
    this.shown?.close();
    const handedOver = async (): Promise<void> => {
      inheritances.set(this.node.id, await extension.handOver());
    };
    const failures = await settleWithin(CLOSE_DEADLINE_MS, [comesBack ? handedOver() : extension.close()]);
    extension.events.removeAllListeners();
    this.funnel.close();
    for (const failure of failures) this.node.warn(`Closing: ${failure}`);
  }
}

/** The definition of a node as it is in the flow; what a node is given has its variables replaced. */
function deployedForm(RED: NodeAPI, { id }: Node): Readonly<Record<string, unknown>> {
  let found: Readonly<Record<string, unknown>> = { id };
  RED.nodes.eachNode((definition) => {
    if (definition.id === id) found = { ...definition };
  });
  return found;
}

interface Settings {
  readonly config: Readonly<Record<string, unknown>>;
  readonly credentials: Readonly<Record<string, string>>;
  /** References to variables that are not set. */
  readonly problems: readonly Problem[];
  /** By some device in the flows. */
  readonly isAvailabilityPublished: boolean;
}

interface Configured {
  readonly extension?: MqttExtension;
  readonly problems: readonly Problem[];
  readonly publishDefaults: Readonly<Record<string, unknown>>;
}

function readSettings(RED: NodeAPI, node: Node, definition: NodeDef): Settings {
  const lookup = (name: string): unknown => RED.util.getSetting(node, name);
  const own = replaceEnvironment(definition as unknown as Record<string, unknown>, lookup);
  const secret = replaceInCredentials(node.credentials, lookup);
  let isAvailabilityPublished = false;
  RED.nodes.eachNode((other) => {
    const { mqtt, publish, d } = { ...other } as Record<string, unknown>;
    const { availability } = asRecord(publish);
    if (mqtt === node.id && d !== true && (availability === true || availability === 'true'))
      isAvailabilityPublished = true;
  });
  const { config, credentials, problems: ofTls } = withTlsNode(RED, own.value, secret.value);
  const problems = [...own.problems, ...secret.problems, ...ofTls];
  return { config, credentials, problems, isAvailabilityPublished };
}

function configure(node: Node, settings: Settings, readFile: ReadFile, userDirectory: string): Configured {
  const { config, credentials } = settings;
  const parsed = parseExtension(config, credentials, {
    readFile,
    extensionId: node.id,
    userDirectory,
    isAvailabilityPublished: settings.isAvailabilityPublished,
    extensionUid: uidOf(typeof config['uid'] === 'string' ? config['uid'] : '', node),
  });
  const problems = [...settings.problems, ...(parsed.ok ? [] : parsed.problems)];
  const publishDefaults = asRecord(config['publish']);
  const warnings = new Warnings(node);
  warnings.tell(parsePublishOptions(publishDefaults, 'publish').warnings ?? []);
  // One that runs tells its warnings itself.
  if (!parsed.ok || problems.length > 0) warnings.tell(parsed.warnings ?? []);
  if (!parsed.ok || problems.length > 0) return { problems, publishDefaults };
  return { extension: new MqttExtension(parsed.value, portsOf(node)), problems, publishDefaults };
}

const nameOf = (node: Node): string => (node.name === undefined || node.name === '' ? node.id : node.name);

const told = (error: { readonly code: string; readonly message: string }): { code: string; message: string } => ({
  code: error.code,
  message: error.message,
});
