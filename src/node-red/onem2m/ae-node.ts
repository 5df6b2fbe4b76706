import type { Node, NodeAPI, NodeDef, NodeMessage, NodeMessageInFlow } from 'node-red';
import { DeviceError, ErrorCode, toDeviceError } from '../../base/errors';
import type { ErrorInfo } from '../../base/errors';
import { plainMembers } from '../../base/values/plain-members';
import { ApplicationEntity } from '../../onem2m/ae/application-entity';
import type { AeConfig } from '../../onem2m/ae/model/config';
import { DeviceMirror } from '../../onem2m/ae/devices/device-mirror';
import { readDeviceReport } from '../../onem2m/ae/devices/device-report';
import { AeSecret } from '../../onem2m/ae/model/secret';
import type { AeLifeEvent } from '../../onem2m/ae/model/messages';
import { answerMessages, type Send } from '../common/answer-messages';
import { Badge } from '../common/badge';
import { ErrorFunnel } from '../common/error-funnel';
import { configError, FlowError, FlowErrorCode, toFlowError } from '../common/flow-error';
import { whenFlowsStarted } from '../common/flows-started';
import { Warnings } from '../common/warnings';
import { aeFolder, enterAe } from './ae-directory';
import { AeBinding } from './binding';
import { readAeConfig, type AeNodeConfig } from './config';
import { commandError, commandMessage, findDevice, mirrorAe, mirrorMembers } from './devices';
import { AeFile } from './store';
import { quietPortsOf } from '../common/ports';
import { CLOSE_DEADLINE_MS, settleWithin } from '../../base/settle-within';

/** Gives a new node `onem2m-ae` its working parts: an application entity of any oneM2M CSE (docs/contract.md#onem2m-ae). */
export function runAe(RED: NodeAPI, node: Node, definition: NodeDef): void {
  new AeNode(RED, node, definition).run();
}

/** An AE at work. */
interface Running {
  readonly ae: ApplicationEntity;
  /** Absent where device messages are pushed like any other. */
  readonly mirror: DeviceMirror | undefined;
}

/** The life of one node, from deploy to redeploy. */
class AeNode {
  private readonly settings: AeNodeConfig;
  private readonly badge: Badge;
  private readonly funnel: ErrorFunnel;
  private readonly binding: AeBinding;
  private running: Running | undefined;
  /** Why it does not work. */
  private failure = new DeviceError('CONFIG', 'the node has not been started');
  /** What is wrong although the AE is well. */
  private trouble: ErrorInfo | undefined;
  private isClosed = false;
  /** Settles when the node works or has said why not. Messages wait for it. */
  private readonly started: Promise<void>;
  private markStarted: () => void = () => undefined;

  constructor(
    private readonly RED: NodeAPI,
    private readonly node: Node,
    definition: NodeDef,
  ) {
    this.settings = readAeConfig(RED, node, definition as unknown as Record<string, unknown>);
    this.badge = new Badge(node, (key) => RED._(key));
    this.funnel = new ErrorFunnel(node);
    this.binding = new AeBinding(RED, node, this.settings);
    this.started = new Promise((resolve) => (this.markStarted = resolve));
  }

  run(): void {
    new Warnings(this.node).tell(this.settings.warnings);
    this.binding.join();
    const leaveDirectory = enterAe(this.node.id, () => this.running?.ae.snapshot().originator);
    // Only then all nodes exist: nothing that this one sends, shows or reports is lost.
    const cancelStart = whenFlowsStarted(this.RED.events, () => {
      void this.start()
        .catch((error: unknown) => this.fail(toDeviceError(error, 'CONFIG')))
        .finally(this.markStarted);
    });
    answerMessages(this.node, (msg, send) => this.handle(msg, send));
    this.node.on('close', (done: () => void) => {
      cancelStart();
      leaveDirectory();
      void this.close().then(done);
    });
  }

  private async start(): Promise<void> {
    const { config, problems, uid } = this.settings;
    if (config === undefined) throw configError(problems);
    const ports = quietPortsOf(this.node);
    const store = new AeFile({
      directory: aeFolder(this.RED),
      uid,
      onProblem: (error) => this.tellProblem('store', error),
      warn: (text) => this.node.warn(text),
    });
    const secret = await AeSecret.of(store);
    const bindings = await this.binding.create(config, ports, secret);
    const ae = new ApplicationEntity(config, { ports, store, secret, bindings });
    this.running = { ae, mirror: config.devices.mapping === 'off' ? undefined : this.createMirror(ae, config) };
    // Closed while the surroundings were looked at: the AE only has to let go of its bindings.
    if (this.isClosed) {
      await ae.close();
      return;
    }
    this.listen(ae);
    ae.start();
    this.showState();
  }

  private listen({ events }: ApplicationEntity): void {
    events.on('state', () => this.showState());
    events.on('problem', (error) => this.tellProblem('ae', error));
    events.on('recovered', () => {
      this.funnel.recovered('ae');
      this.trouble = undefined;
      this.showState();
    });
    events.on('notification', ({ payload, topic, onem2m }) => this.output(2, messageOf({ payload, topic, onem2m })));
    events.on('life', (event) => this.output(3, lifeMessage(event)));
  }

  private createMirror(ae: ApplicationEntity, { devices, cse, timeoutMs }: AeConfig): DeviceMirror {
    const mirror = new DeviceMirror({ ae: mirrorAe(ae, timeoutMs), config: devices, base: cse.base, findDevice });
    mirror.events.on('command', (outcome) => {
      const msg = commandMessage(outcome);
      const error = commandError(outcome);
      this.output(3, msg);
      // Each refused command is told: it is not the same one again.
      if (error !== undefined) this.node.error(toFlowError(error), { ...msg });
    });
    return mirror;
  }

  /** Does what a message asks; rejects with why it could not. The answer is the message itself, on output 1. */
  private async handle(msg: NodeMessageInFlow, send: Send): Promise<void> {
    await this.started;
    const { running } = this;
    if (this.isClosed) throw new FlowError(ErrorCode.CLOSED, 'the node was closed before the message could be handled');
    if (running === undefined) throw this.failure;
    const { ae, mirror } = running;
    const message = msg as unknown as Record<string, unknown>;
    const report = mirror === undefined ? undefined : reportOf(message);
    if (mirror === undefined || report === undefined) {
      const { payload, onem2m } = await ae.perform(plainMembers(message));
      send([Object.assign(msg, { payload, onem2m })]);
      return;
    }
    const source = `mirror ${report.uid}`;
    const startedAt = Date.now();
    try {
      const outcome = await mirror.mirror(report);
      // Where nothing has changed, nothing was sent.
      const isEmpty = outcome.properties.length === 0;
      if (!isEmpty) send([Object.assign(msg, mirrorMembers(outcome, Date.now() - startedAt))]);
      this.funnel.recovered(source);
    } catch (error) {
      // What did not get there goes with the next message, which would say the same: twice a second, without a CSE.
      if (this.funnel.isNews(source, withoutReason(toFlowError(error)))) throw error;
    }
  }

  /** Outputs count from 1. */
  private output(number: 2 | 3, msg: NodeMessage): void {
    this.node.send(number === 2 ? [null, msg] : [null, null, msg]);
  }

  /** To the badge, to Catch nodes and to output 3: once, however often it comes before it is over. */
  private tellProblem(source: 'ae' | 'store', error: DeviceError): void {
    const { code, message } = toFlowError(error);
    this.trouble = { code, message };
    this.showState();
    if (!this.funnel.report(source, error)) return;
    this.output(3, messageOf({ payload: message, onem2m: { event: 'problem', code, text: message } }));
  }

  private showState(): void {
    const snapshot = this.running?.ae.snapshot();
    if (snapshot === undefined || snapshot.state === 'closed' || this.isClosed) return;
    const { state, lastError, originator } = snapshot;
    if (state === 'unhealthy' || state === 'degraded') this.badge.show(state, lastError);
    else if (state !== 'healthy') this.badge.show(state);
    else if (this.trouble === undefined) this.badge.show(state, originator);
    else this.badge.show(state, this.trouble, 'warning');
  }

  /** It cannot work as it is configured. */
  private fail(error: DeviceError): void {
    this.failure = error;
    if (this.isClosed) return;
    this.funnel.report('config', error);
    const [first, ...more] = this.settings.problems;
    const field = first === undefined ? error.message : first.field + (more.length === 0 ? '' : ` (+${more.length})`);
    this.badge.show('misconfigured', { code: 'CONFIG', message: field });
  }

  private async close(): Promise<void> {
    this.isClosed = true;
    this.running?.mirror?.close();
    const failures = await settleWithin(CLOSE_DEADLINE_MS, [this.stop()]);
    this.running?.mirror?.events.removeAllListeners();
    this.running?.ae.events.removeAllListeners();
    this.funnel.close();
    for (const failure of failures) this.node.warn(`Closing: ${failure}`);
    this.markStarted();
  }

  private async stop(): Promise<void> {
    await this.running?.ae.close();
    this.binding.leave();
  }
}

/** A report of a device is not copied: there are many, and they are read once. */
function reportOf(message: Readonly<Record<string, unknown>>): ReturnType<typeof readDeviceReport> {
  try {
    return readDeviceReport(message);
  } catch {
    throw new FlowError(FlowErrorCode.BAD_MESSAGE, 'the message cannot be read: it must be plain data');
  }
}

/** Why there is no link is told by the AE itself; it changes while there is none, but that is the same trouble. */
function withoutReason({ code, message }: FlowError): ErrorInfo {
  return { code, message: code === ErrorCode.LINK_LOST ? (message.split(': ')[0] ?? message) : message };
}

function lifeMessage({ event, payload, topic, details }: AeLifeEvent): NodeMessage {
  return messageOf({ payload, ...(topic === undefined ? {} : { topic }), onem2m: { event, ...details } });
}

/** Node-RED's type knows only the members that all messages have. */
const messageOf = (members: Readonly<Record<string, unknown>>): NodeMessage => members;
