import type { EventEmitter } from 'node:events';
import { DeviceError, ErrorCode, toDeviceError } from '../../../base/errors';
import type { Logger } from '../../../base/ports';
import type { ReceivedMessage } from '../../../base/broker-connection';
import { readIncoming } from '../../primitive/primitive-reader';
import type { RequestPrimitive, ResponsePrimitive } from '../../primitive/primitives';
import { codecOf, hasFloatNumbers, jsonCodec, type Codec } from '../../primitive/serialization';
import { parseTopic, responseTopicOf, serializationOf, type ParsedTopic } from '../../primitive/topics';
import type { Serialization } from '../../primitive/codec';
import type { BindingEvents, PeerTraits } from '../binding';

export interface MqttIncomingOptions {
  /** In front of the first slash of every topic. */
  readonly prefix: string;
  readonly maxPayloadBytes: number;
  readonly log: Logger;
  /** Where what comes is told. */
  readonly events: EventEmitter<BindingEvents>;
  /** Whether a request is one that was sent from here. */
  readonly isOwn: (request: RequestPrimitive) => boolean;
  /** Aborted when the broker is gone. */
  readonly gone: () => AbortSignal;
  readonly answer: (topic: string, payload: string | Buffer) => Promise<void>;
}

/** Messages of a broker, read as answers and requests. */
export class MqttIncoming {
  private lastTopic: string | undefined;
  private lastParsed: ParsedTopic | undefined;

  constructor(private readonly options: MqttIncomingOptions) {}

  receive(message: ReceivedMessage): void {
    const { topic, payload, retained } = message;
    const { events, log, prefix, maxPayloadBytes } = this.options;
    if (payload.length > maxPayloadBytes) {
      const text = `a message of ${payload.length} bytes on ${topic} was refused: at most ${maxPayloadBytes} are read`;
      events.emit('problem', new DeviceError(ErrorCode.BAD_VALUE, text));
      return;
    }
    // oneM2M retains nothing (docs/facts/onem2m.md#quality-of-service-and-client-ids): what comes with a subscription is a
    // request or an answer of long ago.
    if (retained) {
      log.debug(`A retained message on ${topic} was left out`);
      return;
    }
    const parsed = this.parse(topic, prefix);
    const named = serializationOf(parsed === undefined ? topic.split('/').at(-1) : parsed.type);
    if (named === 'other') this.malformed(topic, 'its serialization cannot be read: only json and cbor can');
    else if ((named ?? looksLike(payload)) === 'json') this.decode(message, parsed, jsonCodec);
    else {
      codecOf('cbor')
        .then((codec) => this.decode(message, parsed, codec))
        .catch((error: unknown) => events.emit('problem', toDeviceError(error, ErrorCode.BAD_RESPONSE, topic)));
    }
  }

  /** Answers come on the same topic over and over. */
  private parse(topic: string, prefix: string): ParsedTopic | undefined {
    if (topic !== this.lastTopic) {
      this.lastParsed = parseTopic(topic, prefix);
      this.lastTopic = topic;
    }
    return this.lastParsed;
  }

  private decode({ topic, payload }: ReceivedMessage, parsed: ParsedTopic | undefined, codec: Codec): void {
    let raw: unknown;
    try {
      raw = codec.decode(payload);
    } catch (error) {
      this.malformed(topic, toDeviceError(error, ErrorCode.BAD_RESPONSE).message);
      return;
    }
    const answered = parsed?.kind === 'resp' || parsed?.kind === 'reg_resp' ? parsed : undefined;
    const incoming = readIncoming(raw);
    if (incoming.kind === 'malformed') this.malformed(topic, incoming.reason, incoming.rqi);
    else if (incoming.kind === 'response') {
      this.options.events.emit('response', incoming.response, new MqttTraits(payload, codec, answered));
    } else if (answered !== undefined) this.malformed(topic, 'is a request on a topic of answers');
    else if (!this.isEcho(incoming.request)) this.request(topic, parsed, incoming.request, codec);
  }

  private request(topic: string, parsed: ParsedTopic | undefined, request: RequestPrimitive, codec: Codec): void {
    const { events, prefix, answer: publish, gone } = this.options;
    const received = {
      request,
      via: topic,
      transport: 'mqtt' as const,
      serialization: codec.serialization,
      isRegistration: parsed?.kind === 'reg_req',
      sender: parsed === undefined ? {} : { originator: parsed.originator },
      gone: gone(),
    };
    const responseTopic = responseTopicOf(topic, prefix);
    if (request.rqi === '' || responseTopic === undefined) {
      events.emit('request', received);
      return;
    }
    const answer = async (response: ResponsePrimitive): Promise<void> => publish(responseTopic, codec.encode(response));
    events.emit('request', { ...received, answer });
  }

  /** ACME has been seen to send a notification to itself for ever (docs/facts/onem2m.md#nine-facts, 8): what we sent we do not take. */
  private isEcho(request: RequestPrimitive): boolean {
    if (request.rqi === '' || !this.options.isOwn(request)) return false;
    this.options.log.debug(`The own request ${request.rqi} came back and was left out`);
    return true;
  }

  private malformed(topic: string, reason: string, rqi?: string): void {
    const text = `on ${topic}: ${reason}`;
    this.options.events.emit('malformed', { reason: text, ...(rqi === undefined ? {} : { rqi }) });
  }
}

/** Floats are looked for only when somebody asks: most answers come from a CSE that is known. */
class MqttTraits implements PeerTraits {
  readonly hasTypeLevel?: boolean;

  constructor(
    private readonly payload: Buffer,
    private readonly codec: Codec,
    topic: ParsedTopic | undefined,
  ) {
    if (topic !== undefined) this.hasTypeLevel = topic.type !== undefined;
  }

  get hasFloats(): boolean {
    return this.codec === jsonCodec && hasFloatNumbers(this.payload);
  }
}

/** JSON begins as no CBOR primitive does. */
function looksLike(payload: Buffer): Serialization {
  const first = payload.find((byte) => byte !== 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d);
  const isCborMap = first !== undefined && first >= 0xa0 && first <= 0xbf;
  return isCborMap ? 'cbor' : 'json';
}
