import { readFileSync } from 'node:fs';
import type { Node, NodeAPI, NodeDef } from 'node-red';
import { DeviceError } from '../../base/errors';
import type { Problem } from '../../base/problems';
import { MqttExtension, parseExtension } from '../../mqtt/extension/extension';
import type { ConnectionUser } from '../../base/broker-connection';
import type { ExtensionConnection } from '../../mqtt/client/extension-connection';
import type { DeviceTopic, MqttUser } from '../../mqtt/extension/device-topic';
import { registerAdmin } from '../admin/admin';
import { Badge } from '../common/badge';
import { CLOSE_DEADLINE_MS, settleWithin } from '../../base/settle-within';
import { replaceEnvironment, replaceInCredentials } from '../common/environment';
import { ErrorFunnel } from '../common/error-funnel';
import { configError } from '../common/flow-error';
import { whenFlowsStarted } from '../common/flows-started';
import { uidOf } from '../common/identity';
import { EXTENSION_TYPE, type ExtensionNode } from '../common/mqtt-users';
import { parsePublishOptions } from '../../mqtt/publishing/publish-settings';
import { Warnings } from '../common/warnings';
import { portsOf } from '../common/ports';

export const EXTENSION_CREDENTIALS = {
  username: { type: 'text' },
  password: { type: 'password' },
  caFilePEM: { type: 'password' },
  certFilePEM: { type: 'password' },
  keyFilePEM: { type: 'password' },
} as const;

/** Registers the config node `mqtt-extension`. */
export function registerExtensionNode(RED: NodeAPI): void {
  registerAdmin(RED);
  RED.nodes.registerType(
    EXTENSION_TYPE,
    function (this: Node, definition: NodeDef) {
      RED.nodes.createNode(this, definition);
      runExtension(RED, this, definition);
    },
    { credentials: EXTENSION_CREDENTIALS },
  );
}

/** Gives a new config node its working parts. */
function runExtension(RED: NodeAPI, node: Node, definition: NodeDef): void {
  const badge = new Badge(node, (key) => RED._(key));
  const funnel = new ErrorFunnel(node);
  const { extension, problems, publishDefaults } = configure(RED, node, definition);
  const users: Record<string, Node> = {};
  const misconfigured = problems.length > 0 ? configError(problems) : undefined;

  const configured = (): MqttExtension => {
    if (extension !== undefined) return extension;
    throw new DeviceError('CONFIG', `mqtt: the MQTT extension "${nameOf(node)}" is misconfigured`);
  };

  const members: Omit<ExtensionNode, keyof Node> = {
    users,
    publishDefaults,
    isConfigured: extension !== undefined,
    join: (user) => {
      users[user.id] = user;
    },
    // After a redeploy a new node may already stand there under the same id.
    leave: (user) => {
      if (users[user.id] === user) Reflect.deleteProperty(users, user.id);
    },
    attach: (user: MqttUser): DeviceTopic => configured().attach(user),
    openConnection: (user: ConnectionUser): ExtensionConnection => configured().openConnection(user),
    observedStatus: () =>
      extension?.status() ?? {
        connected: false,
        ...(misconfigured === undefined ? {} : { lastError: told(misconfigured) }),
      },
  };
  Object.assign(node, members);

  if (misconfigured !== undefined) {
    // Its users are made after it; once they all exist, this also reaches their Catch and Status nodes.
    const report = () => {
      badge.show('misconfigured', { code: misconfigured.code, message: problems[0]?.field ?? '' });
      funnel.report('config', misconfigured);
    };
    node.on('close', whenFlowsStarted(RED.events, report));
  }
  if (extension === undefined) return;

  extension.events.on('connected', () => {
    funnel.recovered('mqtt');
    badge.show('healthy');
  });
  extension.events.on('disconnected', (error) => {
    badge.show('unhealthy', told(error));
    funnel.report('mqtt', error);
  });
  extension.events.on('problem', (error) => funnel.report('mqtt', error));
  node.on('close', (done: () => void) => {
    void settleWithin(CLOSE_DEADLINE_MS, [extension.close()]).then((failures) => {
      extension.events.removeAllListeners();
      for (const failure of failures) node.warn(`Closing: ${failure}`);
      done();
    });
  });
}

interface Configured {
  readonly extension?: MqttExtension;
  readonly problems: readonly Problem[];
  readonly publishDefaults: Readonly<Record<string, unknown>>;
}

function configure(RED: NodeAPI, node: Node, definition: NodeDef): Configured {
  const lookup = (name: string): unknown => RED.util.getSetting(node, name);
  const own = replaceEnvironment(definition as unknown as Record<string, unknown>, lookup);
  const secret = replaceInCredentials(node.credentials, lookup);
  const parsed = parseExtension(own.value, secret.value, {
    readFile: (path) => readFileSync(path, 'utf8'),
    extensionId: node.id,
    extensionUid: uidOf(typeof own.value['uid'] === 'string' ? own.value['uid'] : '', node),
  });
  const problems = [...own.problems, ...secret.problems, ...(parsed.ok ? [] : parsed.problems)];
  const publish = own.value['publish'];
  const publishDefaults = typeof publish === 'object' && publish !== null ? (publish as Record<string, unknown>) : {};
  const warnings = new Warnings(node);
  warnings.tell(parsePublishOptions(publishDefaults, 'publish').warnings ?? []);
  // One that runs tells its warnings itself.
  if (!parsed.ok || problems.length > 0) warnings.tell(parsed.warnings ?? []);
  if (!parsed.ok || problems.length > 0) return { problems, publishDefaults };
  return { extension: new MqttExtension(parsed.value, portsOf(node)), problems, publishDefaults };
}

const nameOf = (node: Node): string => (node.name === undefined || node.name === '' ? node.id : node.name);

const told = (error: DeviceError): { code: string; message: string } => ({ code: error.code, message: error.message });
