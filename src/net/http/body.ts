import type { IncomingMessage } from 'node:http';

/** What a request or answer may hold unless told otherwise, in bytes. */
export const MAX_BODY_BYTES = 1024 * 1024;

export class TooLargeError extends Error {
  constructor(readonly limit: number) {
    super(`the body is longer than ${limit} bytes`);
  }
}

/**
 * The whole body of a message. Rejects with TooLargeError as soon as it is longer than `limit` bytes (the rest is then not read),
 * and with the error of the stream where it breaks.
 */
export function readBody(message: IncomingMessage, limit = MAX_BODY_BYTES): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const onData = (chunk: Buffer): void => {
      length += chunk.length;
      if (length > limit) {
        message.off('data', onData);
        message.pause();
        reject(new TooLargeError(limit));
      } else chunks.push(chunk);
    };
    message.on('data', onData);
    message.on('end', () => resolve(Buffer.concat(chunks)));
    message.on('error', reject);
    message.on('close', () => reject(new Error('the connection broke in the middle of the message')));
  });
}
