import { EventEmitter } from 'node:events';
import { DeviceError, ErrorCode, toDeviceError } from '../../../base/errors';
import type { RequestPrimitive } from '../../primitive/primitives';
import type { Binding, BindingEvents, SendOptions } from '../binding';
import type { HttpReceiver } from './receiver';
import { HttpSender, type HttpSenderOptions } from './sender';

export interface HttpBindingOptions extends Omit<HttpSenderOptions, 'before' | 'events'> {
  /** Where notifications come in; without one the AE cannot be reached. */
  readonly receiver?: HttpReceiver | undefined;
}

/** TS-0009 both ways: a sender, and a receiver where there is one. */
export class HttpBinding implements Binding {
  readonly name = 'http';
  readonly events = new EventEmitter<BindingEvents>();
  private readonly sender: HttpSender;

  constructor(private readonly options: HttpBindingOptions) {
    const { receiver, ...own } = options;
    // The receiver first: an AE registers with its address as soon as requests can be sent.
    this.sender = new HttpSender({ ...own, before: () => this.openReceiver(), events: this.events });
    receiver?.events.on('request', (request) => this.events.emit('request', request));
    receiver?.events.on('malformed', (malformed) => this.events.emit('malformed', malformed));
    receiver?.events.on('problem', (error) => this.events.emit('problem', error));
  }

  get isUp(): boolean {
    return this.sender.isUp;
  }

  get pointOfAccess(): readonly string[] {
    return this.options.receiver?.pointOfAccess ?? [];
  }

  open(): void {
    this.sender.open();
  }

  async listen(originator: string): Promise<void> {
    await this.options.receiver?.listen(originator);
  }

  async serve(cseID: string): Promise<void> {
    const { receiver } = this.options;
    if (receiver === undefined) throw new DeviceError(ErrorCode.CONFIG, 'there is no receiver for requests over HTTP');
    await receiver.serve(cseID);
  }

  send(request: RequestPrimitive, options: SendOptions): Promise<void> {
    return this.sender.send(request, options);
  }

  async close(): Promise<void> {
    await this.sender.close();
    await this.options.receiver?.close();
  }

  private async openReceiver(): Promise<void> {
    try {
      await this.options.receiver?.start();
    } catch (error) {
      this.events.emit('problem', toDeviceError(error, ErrorCode.CONNECT_FAILED));
    }
  }
}
