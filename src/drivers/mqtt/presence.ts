import type { BrokerConnection, ReceivedMessage } from '../../base/broker-connection';
import { DeviceError, ErrorCode, toDeviceError } from '../../base/errors';
import type { Clock } from '../../base/ports';
import { valueToText } from '../../base/values/index';
import type { MqttConfig } from './config/config';
import { Content } from './payload/content';
import { compileValuePath } from './payload/value-path';

/** How long the first word on availability is waited for; a device that says nothing is taken as there. ms */
const FIRST_WORD_MS = 1000;

/** Whether the device is there, as it says itself, and what it needs to go on talking. */
export class Presence {
  private state: 'unknown' | 'online' | 'offline' = 'unknown';
  private listening: Promise<unknown> | undefined;
  private readonly waiting = new Set<() => void>();
  private keepAliveTimer: unknown;

  constructor(
    private readonly config: Pick<MqttConfig, 'availability' | 'keepAlive'>,
    private readonly clock: Clock,
    private readonly onOffline: (error: DeviceError) => void,
  ) {}

  /** Rejects where the broker refuses the subscription; the next call asks again. */
  async listen(connection: BrokerConnection): Promise<void> {
    const { availability } = this.config;
    if (availability === undefined) return;
    this.listening ??= connection
      .subscribe(availability.topic, 1, (message) => this.onMessage(message))
      .catch((error: unknown) => {
        this.listening = undefined;
        throw toDeviceError(error, 'MQTT_SUBSCRIBE', 'protocol.availability.topic');
      });
    await this.listening;
  }

  /** Resolves when the device is there, or says nothing; rejects with LINK_LOST when `signal` is aborted while it is away. */
  async require(signal: AbortSignal): Promise<void> {
    if (this.config.availability === undefined) return;
    if (this.state === 'unknown') await this.nextWord(signal, FIRST_WORD_MS);
    while (this.state === 'offline' && !signal.aborted) await this.nextWord(signal);
    if (this.state === 'offline') throw this.offline();
    signal.throwIfAborted();
  }

  keepAlive(connection: BrokerConnection): void {
    const { keepAlive } = this.config;
    this.stopKeepAlive();
    if (keepAlive === undefined) return;
    const { topic, payload, intervalMs } = keepAlive;
    const send = (): void => {
      this.keepAliveTimer = this.clock.setTimeout(send, intervalMs);
      // The next one takes its place; why the broker has not got it is told by the connection.
      connection.publish(topic, payload, { qos: 0, retained: false, waitTimeoutMs: intervalMs }).catch(() => undefined);
    };
    send();
  }

  stopKeepAlive(): void {
    this.clock.clearTimeout(this.keepAliveTimer);
    this.keepAliveTimer = undefined;
  }

  close(): void {
    this.stopKeepAlive();
    this.listening = undefined;
    this.state = 'unknown';
    for (const done of [...this.waiting]) done();
  }

  private onMessage({ payload }: ReceivedMessage): void {
    const { availability } = this.config;
    if (availability === undefined) return;
    const word = wordOf(payload, availability.path, this.clock.now());
    if (word === availability.online) this.state = 'online';
    else if (word === availability.offline) this.state = 'offline';
    else return;
    for (const done of [...this.waiting]) done();
    if (this.state === 'offline') this.onOffline(this.offline());
  }

  private nextWord(signal: AbortSignal, ms?: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.clock.clearTimeout(timer);
        this.waiting.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = ms === undefined ? undefined : this.clock.setTimeout(done, ms);
      this.waiting.add(done);
      if (signal.aborted) done();
      else signal.addEventListener('abort', done, { once: true });
    });
  }

  private offline(): DeviceError {
    return new DeviceError(
      ErrorCode.LINK_LOST,
      `the device says on ${this.config.availability?.topic ?? ''} that it is offline`,
    );
  }
}

/** The payload, or what is at the path in it, as text; undefined where it cannot be read. */
function wordOf(payload: Buffer, path: string, now: number): string | undefined {
  const content = new Content(payload, now, undefined);
  if (path === '') return content.text.trim();
  const compiled = compileValuePath(path);
  return compiled.ok ? valueToText(compiled.path.read(content.jsonIfAny)) : undefined;
}
