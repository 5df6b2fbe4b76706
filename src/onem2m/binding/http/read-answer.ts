import { ErrorCode, toDeviceError } from '../../../base/errors';
import { TooLargeError } from '../../../net/http/body';
import { headerOf } from '../../../net/http/headers';
import type { Serialization } from '../../primitive/codec';
import { readIncoming } from '../../primitive/primitive-reader';
import { isSuccess } from '../../primitive/status-codes';
import type { ResponsePrimitive } from '../../primitive/primitives';
import type { PeerTraits } from '../binding';
import { notOneM2M } from './answer';
import { decodeBody } from './content';
import type { HttpAnswer } from './exchange';
import { contentSerialization, fromHttpResponse } from './message';

export type ReadAnswer =
  { readonly response: ResponsePrimitive; readonly traits: PeerTraits } | { readonly malformed: string };

/** An HTTP answer to the request `rqi`, which wanted it in this serialization, or why it is none of oneM2M. */
export async function readAnswer(
  answer: HttpAnswer | TooLargeError,
  rqi: string,
  serialization: Serialization,
): Promise<ReadAnswer> {
  if (answer instanceof TooLargeError) return { malformed: `the answer is longer than ${answer.limit} bytes` };
  const { message, body } = answer;
  const { statusCode: status = 0, headers } = message;
  const objection = notOneM2M(status, headers, body.length);
  if (objection !== undefined) return { malformed: objection };
  // It is an answer of a CSE: where it does not tell the serialization, it is the one asked for.
  const given = contentSerialization(headerOf(headers, 'content-type')) ?? serialization;
  let content: unknown;
  try {
    content = given === 'other' ? textIn(body) : await decodeBody(body, given);
  } catch (error) {
    const { message: words } = toDeviceError(error, ErrorCode.BAD_RESPONSE);
    return { malformed: `the content of the answer cannot be read: ${words}` };
  }
  const incoming = readIncoming(fromHttpResponse({ status, headers }, rqi, content));
  if (incoming.kind !== 'response') {
    return { malformed: incoming.kind === 'malformed' ? incoming.reason : 'the answer is no response' };
  }
  const { response } = incoming;
  // OpenMTC refuses what it cannot read with an id that it makes up; nobody keeps a refusal to give it to others.
  if (response.rqi !== rqi && isSuccess(response.rsc)) {
    return { malformed: 'the answer is that to another request; a cache between here and the CSE may have sent it' };
  }
  // ACME's own comes after that of its web server; `headers` has the first alone.
  const server = message.headersDistinct['server']?.join(', ');
  return { response: { ...response, rqi }, traits: server === undefined ? {} : { server } };
}

/** OpenMTC answers a DELETE with no text at all, of the type text. */
const textIn = (body: Buffer): string | undefined => (body.length === 0 ? undefined : body.toString());
