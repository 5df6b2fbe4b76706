import type { BrokerConnection, ReceivedMessage } from '../../base/broker-connection';
import { DeviceError, ErrorCode } from '../../base/errors';
import { isRecord } from '../../base/records';
import { show } from '../../base/show';
import { unlessAborted } from '../../base/waiting';
import { valueToJson } from '../../base/values/index';
import { checkPublishTopic, checkTopicFilter } from '../../mqtt/client/topic';

/**
 * A question to the device and its answer, by a pair of topics (`msg.action: request`): `msg.payload` goes to `msg.topic`, and the first
 * message on `msg.responseTopic` is the answer. Where both payloads are JSON objects with an `id`, as in JSON-RPC, only one with the
 * same `id` counts. Answers the payload: JSON, else text.
 *
 * Rejects with BAD_MESSAGE naming the field, TIMEOUT, or as the connection does.
 */
export async function answerRequest(
  connection: BrokerConnection,
  message: Readonly<Record<string, unknown>>,
  signal: AbortSignal,
): Promise<unknown> {
  const topic = topicIn(message, 'topic', checkPublishTopic);
  const responseTopic = topicIn(message, 'responseTopic', checkTopicFilter);
  const qos = message['qos'] ?? 1;
  if (qos !== 0 && qos !== 1 && qos !== 2) throw bad(`msg.qos must be 0, 1 or 2, got ${show(qos)}`);
  const question = message['payload'];
  let onAnswer: (answer: unknown) => void = () => undefined;
  const answered = new Promise<unknown>((resolve) => (onAnswer = resolve));
  const end = await unlessAborted(
    connection.subscribe(responseTopic, qos, (received) => {
      const answer = contentOf(received);
      if (!received.retained && isAnswerTo(question, answer)) onAnswer(answer);
    }),
    signal,
  );
  try {
    await connection.publish(topic, payloadOf(question), { qos, retained: false, waitTimeoutMs: 0, signal });
    return await unlessAborted(answered, signal, `no answer on ${responseTopic}`);
  } finally {
    void end().catch(() => undefined); // the connection has gone, and the subscription with it
  }
}

function topicIn(
  message: Readonly<Record<string, unknown>>,
  field: string,
  check: (topic: string) => string | undefined,
): string {
  const topic = message[field];
  if (typeof topic !== 'string') throw bad(`msg.${field} must be a topic, got ${show(topic)}`);
  const problem = check(topic);
  if (problem !== undefined) throw bad(`msg.${field} ${problem}`);
  return topic;
}

function payloadOf(payload: unknown): string | Buffer {
  if (payload === undefined || payload === null) return '';
  if (typeof payload === 'string' || Buffer.isBuffer(payload)) return payload;
  return JSON.stringify(valueToJson(payload));
}

function contentOf({ payload }: ReceivedMessage): unknown {
  const text = payload.toString();
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

const isAnswerTo = (question: unknown, answer: unknown): boolean =>
  !isRecord(question) || question['id'] === undefined || (isRecord(answer) && answer['id'] === question['id']);

const bad = (text: string): DeviceError => new DeviceError(ErrorCode.BAD_MESSAGE, text);
