import { EventEmitter } from 'node:events';
import { vi } from 'vitest';
import type { CountedConnection } from '../../../src/mqtt/connection/counted-connection';
import type { ConnectionOptions } from '../../../src/mqtt/client/connection-options';
import type { ReceivedMessage } from '../../../src/base/broker-connection';

/** A connection that only notes what it is asked for. */
export class FakeConnection implements CountedConnection {
  readonly events: CountedConnection['events'] = new EventEmitter();
  readonly log: string[] = [];
  readonly handlers = new Map<string, (message: ReceivedMessage) => void>();
  isConnected = false;
  statistics = { sent: 1, received: 2, queued: 3, dropped: 4, connectedSince: 0 };
  publish = vi.fn<CountedConnection['publish']>(() => Promise.resolve());
  endClose: () => void = () => undefined;

  constructor(readonly options: ConnectionOptions) {}

  open(): void {
    this.log.push('open');
  }

  subscribe: CountedConnection['subscribe'] = (filter, _qos, handler) => {
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
