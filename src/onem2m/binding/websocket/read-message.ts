import type { EventEmitter } from 'node:events';
import { ErrorCode, toDeviceError } from '../../../base/errors';
import type { SocketMessage, WebSocketLink } from '../../../net/websocket/link';
import type { Serialization } from '../../primitive/codec';
import { readIncoming } from '../../primitive/primitive-reader';
import { isRegistration, type ResponsePrimitive } from '../../primitive/primitives';
import { codecOf, hasFloatNumbers } from '../../primitive/serialization';
import type { BindingEvents, SenderFacts } from '../binding';

/** Whose message it is. */
export interface MessageContext {
  readonly link: WebSocketLink;
  /** Of answers. */
  readonly serialization: Serialization;
  readonly sender: SenderFacts;
  readonly gone: AbortSignal;
  /** Its address, for messages. */
  readonly via: string;
}

type Tell = (events: EventEmitter<BindingEvents>) => void;

/** What tells a message of TS-0020 as what it is. Rejects only where a codec cannot be loaded. */
export async function readMessage({ data, isText }: SocketMessage, context: MessageContext): Promise<Tell> {
  const { link, sender, gone, via } = context;
  // Peers differ in which frames they send; JSON begins as no CBOR primitive does.
  const serialization = isJson(data, isText) ? 'json' : 'cbor';
  const codec = await codecOf(serialization);
  let content: unknown;
  try {
    content = codec.decode(data);
  } catch (error) {
    const { message } = toDeviceError(error, ErrorCode.BAD_RESPONSE);
    return (events) => events.emit('malformed', { reason: `${via}: ${message}` });
  }
  const incoming = readIncoming(content);
  switch (incoming.kind) {
    case 'response': {
      const traits = serialization === 'json' ? { hasFloats: hasFloatNumbers(data) } : {};
      return (events) => events.emit('response', incoming.response, traits);
    }
    case 'malformed':
      return (events) => events.emit('malformed', { ...incoming, reason: `${via}: ${incoming.reason}` });
    case 'request': {
      const { request } = incoming;
      const answer = async (response: ResponsePrimitive): Promise<void> => {
        if (gone.aborted) throw toDeviceError(gone.reason, ErrorCode.LINK_LOST);
        await link.send((await codecOf(context.serialization)).encode(response));
      };
      const received = {
        request,
        via,
        transport: 'websocket' as const,
        serialization: context.serialization,
        isRegistration: isRegistration(request),
        sender,
        gone,
      };
      return (events) => events.emit('request', request.rqi === '' ? received : { ...received, answer });
    }
  }
}

/** A text frame, or bytes that begin with a brace, whatever space is before it. */
function isJson(data: Buffer, isText: boolean): boolean {
  if (isText) return true;
  const first = data.find((byte) => byte !== 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d);
  return first === 0x7b;
}
