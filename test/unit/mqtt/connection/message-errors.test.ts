import { describe, expect, it } from 'vitest';
import { problemKind } from '../../../../src/base/problem-kind';
import {
  notThrough,
  queueFull,
  refusedByEnding,
  tooLarge,
} from '../../../../src/mqtt/connection/outbox/message-errors';
import { OutgoingMessage } from '../../../../src/mqtt/connection/outbox/message-queue';

const message = (size: number, topic = 'plant/a'): OutgoingMessage =>
  new OutgoingMessage(topic, 'x'.repeat(size), 1, true, () => undefined);

/** What Catch nodes and the log take for the same trouble: told once, and counted. */
const kind = ({ message: text }: Error): string => problemKind(text);

describe('why a message does not get through', () => {
  it.each([
    ['too large', (size: number, topic?: string) => tooLarge(message(size, topic), 200 + size)],
    ['ended', (size: number, topic?: string) => refusedByEnding(message(size, topic), { how: 'ended', reason: 'x' })],
    ['unreadable', (size: number, topic?: string) => refusedByEnding(message(size, topic), { how: 'unreadable' })],
  ])('is the same trouble whatever the size is, and another one on another topic: %s', (_what, error) => {
    expect(error(300).message).not.toBe(error(4000).message);
    expect(kind(error(300))).toBe(kind(error(4000)));
    expect(kind(error(300))).not.toBe(kind(error(300, 'plant/b')));
  });

  it('has no counters in it where the trouble is that of all messages', () => {
    expect(kind(notThrough(30_000))).toBe(kind(notThrough(5)));
    expect(queueFull(100).message).toBe('the queue is full (100 messages)');
  });
});
