import { EventEmitter } from 'node:events';
import { vi } from 'vitest';
import type { BrokerConnection } from '../../../src/mqtt/connection/broker-connection';
import type { ConnectionOptions } from '../../../src/mqtt/client/connection-options';
import type { ReceivedMessage } from '../../../src/mqtt/client/received-message';

/** A connection that only notes what it is asked for. */
export class FakeConnection implements BrokerConnection {
  readonly events: BrokerConnection['events'] = new EventEmitter();
  readonly log: string[] = [];
  readonly handlers = new Map<string, (message: ReceivedMessage) => void>();
  isConnected = false;
  statistics = { sent: 1, received: 2, queued: 3, dropped: 4, connectedSince: 0 };
  publish = vi.fn<BrokerConnection['publish']>(() => Promise.resolve());
  endClose: () => void = () => undefined;

  constructor(readonly options: ConnectionOptions) {}

  open(): void {
    this.log.push('open');
  }

  subscribe: BrokerConnection['subscribe'] = (filter, _qos, handler) => {
    this.handlers.set(filter, handler);
    return Promise.resolve(() => {
      this.log.push(`unsubscribe ${filter}`);
      return Promise.resolve();
    });
  };

  close(): Promise<void> {
    this.log.push('close');
    this.isConnected = false;
    return new Promise((resolve) => (this.endClose = resolve));
  }

  connect(): void {
    this.isConnected = true;
    this.events.emit('connected');
  }
}
