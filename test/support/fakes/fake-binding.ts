import { EventEmitter } from 'node:events';
import { DeviceError } from '../../../src/base/errors.ts';
import type { Binding, BindingEvents, IncomingRequest, SendOptions } from '../../../src/onem2m/binding/binding.ts';
import type { RequestPrimitive, ResponsePrimitive } from '../../../src/onem2m/primitive/primitives.ts';

export type Reply = Omit<ResponsePrimitive, 'rqi'> & { readonly rsc: number };

/** A binding in memory. `handle` answers requests; undefined: never, or later by `respond`. */
export class FakeBinding implements Binding {
  readonly name = 'mqtt';
  readonly events = new EventEmitter<BindingEvents>();
  readonly pointOfAccess = ['mqtt://broker:1883'];
  readonly sent: RequestPrimitive[] = [];
  readonly registrations: (SendOptions['registration'] | undefined)[] = [];
  readonly withdrawn: string[] = [];
  readonly listened: string[] = [];
  isUp = false;
  closed: { forget?: boolean } | undefined;
  handle: (request: RequestPrimitive, options: SendOptions) => Reply | undefined = () => undefined;
  /** Rejects the next sends. */
  sendError: DeviceError | undefined;
  /** Whether `open` brings it up at once. */
  opensUp = true;

  open(): void {
    if (this.opensUp) this.up();
  }

  up(): void {
    this.isUp = true;
    this.events.emit('up');
  }

  down(text = 'the broker is gone'): void {
    this.isUp = false;
    this.events.emit('down', new DeviceError('LINK_LOST', text));
  }

  async send(request: RequestPrimitive, options: SendOptions): Promise<void> {
    if (!this.isUp) throw new DeviceError('LINK_LOST', 'not connected');
    if (this.sendError) throw this.sendError;
    this.sent.push(request);
    this.registrations.push(options.registration);
    options.signal.addEventListener('abort', () => this.withdrawn.push(request.rqi), { once: true });
    await Promise.resolve();
    const reply = this.handle(request, options);
    if (reply !== undefined) this.respond({ fr: '/mn-cse-1', to: request.fr ?? '', ...reply, rqi: request.rqi });
  }

  respond(response: ResponsePrimitive): void {
    this.events.emit('response', response, { hasTypeLevel: true });
  }

  /** A NOTIFY of the CSE; answers what it got back. */
  async notify(
    pc: unknown,
    more: Partial<RequestPrimitive> = {},
    { originator }: { readonly originator?: string | undefined } = {},
  ): Promise<ResponsePrimitive | undefined> {
    let answer: ResponsePrimitive | undefined;
    const request = {
      op: 5,
      to: 'Cae',
      fr: '/mn-cse-1',
      rqi: `n${Math.random()}`,
      rvi: '3',
      pc,
      ...more,
    } as RequestPrimitive;
    this.request({
      request,
      via: 'topic',
      sender: originator === undefined ? {} : { originator },
      answer: (response) => {
        answer = response;
        return Promise.resolve();
      },
    });
    await Promise.resolve();
    return answer;
  }

  request(incoming: IncomingRequest): void {
    this.events.emit('request', {
      transport: this.name,
      serialization: 'json',
      isRegistration: false,
      sender: {},
      gone: new AbortController().signal,
      ...incoming,
    });
  }

  listen(originator: string): Promise<void> {
    this.listened.push(originator);
    return Promise.resolve();
  }

  serve(cseID: string): Promise<void> {
    return this.listen(cseID);
  }

  close(options: { forget?: boolean } = {}): Promise<void> {
    this.closed = options;
    this.isUp = false;
    return Promise.resolve();
  }
}
