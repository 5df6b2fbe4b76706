import { DeviceError, ErrorCode } from '../../../base/errors';
import type { ServerUrl } from '../../client/connection-options';

/** Which of several brokers to connect to: the one that it was, then each other, once in a round. */
export class ServerChoice {
  private index = 0;
  /** Why each of this round was not to be had. */
  private failures: DeviceError[] = [];

  /** The one to prefer first. */
  constructor(private readonly servers: readonly [ServerUrl, ...ServerUrl[]]) {}

  get current(): ServerUrl {
    return this.servers[this.index] ?? this.servers[0];
  }

  get first(): ServerUrl {
    return this.servers[0];
  }

  get areSeveral(): boolean {
    return this.servers.length > 1;
  }

  get isFirst(): boolean {
    return this.index === 0;
  }

  /** Whether there is another in this round, to be tried at once; after the last one the round is over. */
  failed(error: DeviceError): boolean {
    this.failures.push(error);
    this.index = (this.index + 1) % this.servers.length;
    return this.failures.length < this.servers.length;
  }

  /** Why none of a whole round was to be had. */
  roundFailed(last: DeviceError): DeviceError {
    const failures = this.failures;
    this.failures = [];
    if (!this.areSeveral) return last;
    const [code] =
      new Set(failures.map((failure) => failure.code)).size === 1 ? failures.map((failure) => failure.code) : [];
    const reasons = failures.map(({ message }) => message).join('; ');
    const text = `none of ${this.servers.length} servers can be had: ${reasons}`;
    return new DeviceError(code ?? ErrorCode.CONNECT_FAILED, text, { cause: last });
  }

  /** What to tell where another than the first was taken; undefined where there is nothing new. */
  accepted(): DeviceError | undefined {
    const [reason] = this.failures;
    this.failures = [];
    if (this.isFirst || reason === undefined) return undefined;
    const text = `connected to ${this.current.text}, as the server before it cannot be had: ${reason.message}`;
    return new DeviceError('MQTT_FAILOVER', text, { cause: reason });
  }

  backToFirst(): void {
    this.index = 0;
    this.failures = [];
  }
}
