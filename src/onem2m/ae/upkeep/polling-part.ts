import { DeviceError, ErrorCode } from '../../../base/errors';
import type { Ports } from '../../../base/ports';
import type { IncomingRequest } from '../../binding/binding';
import type { Client } from '../../exchange/client';
import { IncomingRequests } from '../../exchange/incoming';
import { PollingChannel } from '../../exchange/polling-channel';
import type { Profile } from '../../binding/profile';
import type { Kept } from './kept';
import { KeptResource } from './kept-resource';
import type { Requester } from '../../exchange/requester';

export interface PollingPartOptions {
  readonly requester: Requester;
  readonly client: Client;
  readonly ports: Ports;
  /** Of any other request, ms. */
  readonly timeoutMs: number;
  readonly onRequest: (incoming: IncomingRequest) => void;
  readonly onProblem: (error: DeviceError) => void;
  /** Of the CSE, as far as it is known. */
  readonly profile: () => Profile;
}

const CHANNEL = { ty: 15, path: 'pollingChannel', wrapper: 'm2m:pch', attributes: {}, field: 'notify' };
/** How long the CSE may keep a poll open, ms. */
const WAIT_MS = 30_000;

/** The polling channel of an AE that cannot be reached: the resource is kept up like any other, and polled while it is there. */
export class PollingPart implements Kept {
  readonly key: string;
  private readonly resource: KeptResource;
  private readonly incoming: IncomingRequests;
  private channel: PollingChannel | undefined;

  constructor(private readonly options: PollingPartOptions) {
    this.resource = new KeptResource(options.requester, CHANNEL);
    this.key = this.resource.key;
    this.incoming = new IncomingRequests(options.ports.clock, options.onProblem, options.onRequest);
  }

  /** Rejects with CONFIG where the CSE has none: it would say nothing, or that it does not know the type. */
  async ensure(): Promise<number | undefined> {
    const { name, hasPollingChannel } = this.options.profile();
    if (!hasPollingChannel) {
      const text = `notify: "poll" is not possible, this CSE (${name}) has no polling channels`;
      const advice = 'Leave notify empty, or name an endpoint at which the CSE can reach this node.';
      throw new DeviceError(ErrorCode.CONFIG, text, { advice });
    }
    const expiresAt = await this.resource.ensure();
    await this.channel?.close();
    this.channel = this.createChannel();
    this.channel.open();
    return expiresAt;
  }

  refresh(et: string): Promise<number | undefined> {
    return this.resource.refresh(et);
  }

  async close(): Promise<void> {
    this.incoming.close();
    await this.channel?.close();
  }

  private createChannel(): PollingChannel {
    const { client, ports, timeoutMs, onProblem } = this.options;
    return new PollingChannel({
      pcu: `${this.resource.address}/pcu`,
      ports,
      waitMs: WAIT_MS,
      exchange: (draft, signal) => client.exchange(draft, { signal, timeoutMs: WAIT_MS + timeoutMs, isPoll: true }),
      onRequest: (incoming) => this.incoming.take(incoming),
      onMalformed: ({ reason }) => ports.log.debug(`Polling channel: ${reason}`),
      onProblem,
    });
  }
}
