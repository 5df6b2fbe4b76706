import type { Request, RequestHandler } from 'express';
import type { Node, NodeAPI } from 'node-red';
import { DeviceError } from '../../base/errors';
import { describeProblems, FieldReader } from '../../base/fields/fields';
import type { Problem } from '../../base/fields/problems';
import type { AeConfig } from '../../onem2m/ae/model/config';
import { parseAeConfig } from '../../onem2m/ae/parse/parse-config';
import { bounded, createAnswering } from '../admin/answering';
import { onePerField } from '../device/device-config';
import { uidOf } from '../common/identity';
import { EXTENSION_TYPE } from '../common/mqtt-users';
import { knownOriginator } from './ae-directory';
import { AE_TYPE, aeSecrets } from './config';
import { browse, readAddress, retrieve, testCse, told } from './look';
import { visitCse, withCse, type CseLook, type LookOptions } from './session';
import { destinationOfType } from '../admin/destination';
import { asObject, deployedExtension, readSubject } from '../admin/probe-request';
import type { Subject } from '../admin/subject';
import { redact } from '../common/secrets';

/** Requests that may run at once: each connects. */
const MOST_REQUESTS = 4;
/** For one request to the CSE; the node's own time-out if that is shorter. */
const ANSWER_MS = 10_000;
/** Connecting, asking twice, perhaps registering, and leaving. */
const REQUEST_MS = 30_000;
const MOST_CHILDREN = 1_000_000;

/** A dialog's settings, checked. */
interface DialogRequest {
  readonly problems: readonly Problem[];
  /** Absent where there are problems. */
  readonly options?: LookOptions;
  readonly secrets: readonly string[];
  readonly body: FieldReader;
}

/**
 * What answers the dialog of an onem2m-ae. The body is `{ id?, config, credentials?, extension?, to?, offset? }`, as of
 * `POST /devicelink/test`. Answers never hold a secret.
 */
export function onem2mHandlers(RED: NodeAPI): Record<'test' | 'browse' | 'retrieve', RequestHandler> {
  const answered = createAnswering(MOST_REQUESTS);
  const looked = (look: (cse: CseLook, request: DialogRequest, signal: AbortSignal) => Promise<object>) =>
    answered(async (from) => {
      const request = await readDialog(RED, from, withoutLists);
      const { options, secrets, problems } = request;
      if (options === undefined) throw new DeviceError('CONFIG', redact(describeProblems(problems), secrets));
      const answer = await bounded(REQUEST_MS, secrets, (signal) =>
        withCse(options, (cse) => look(cse, request, signal)),
      );
      return redact(answer, secrets);
    });
  return {
    test: answered((request) => test(RED, request)),
    browse: looked((cse, { body }, signal) => {
      const offset = body.integer('offset', 0, 0, MOST_CHILDREN);
      const to = addressIn(body, cse.base);
      return browse(cse, to, offset, signal);
    }),
    retrieve: looked((cse, { body }, signal) => retrieve(cse, addressIn(body, cse.base), signal)),
  };
}

/** What is wrong is the answer here, not an error. */
async function test(RED: NodeAPI, request: Request): Promise<object> {
  const started = Date.now();
  const { options, secrets, problems } = await readDialog(RED, request, (config) => config);
  const outcome =
    options === undefined
      ? { ok: false }
      : await bounded(REQUEST_MS, secrets, (signal) =>
          withCse(options, (cse) => testCse(cse, signal, () => visitCse(options))),
        ).catch((error: unknown) => ({ ok: false, error: told(error) }));
  return redact({ ...outcome, problems, elapsedMs: Date.now() - started }, secrets);
}

type RawConfig = Readonly<Record<string, unknown>>;

/** Without what has no part in reaching the CSE: a row that somebody has begun on another tab is in nobody's way. */
const withoutLists = (config: RawConfig): RawConfig =>
  Object.fromEntries(Object.entries(config).filter(([name]) => !LISTS.has(name)));

const LISTS: ReadonlySet<string> = new Set(['resources', 'subscriptions', 'discoveries', 'devices']);

/** `part`: of the configuration, what is needed. @throws DeviceError CONFIG for a body of another form */
async function readDialog(
  RED: NodeAPI,
  request: Request,
  part: (config: RawConfig) => RawConfig,
): Promise<DialogRequest> {
  const body = asObject(request.body, 'the body');
  const subject = readSubject(RED, request, body, { type: AE_TYPE, path: '', destinationOf });
  const parsed = parseAeConfig(part(subject.config));
  const config = parsed.ok ? parsed.value : undefined;
  const extension = extensionOf(RED, request, body, subject);
  const isMissing = extension === undefined && isNamed(subject.config['mqtt']);
  const problems = onePerField([
    ...subject.problems,
    ...(parsed.ok ? [] : parsed.problems),
    ...(isMissing ? [{ field: 'mqtt', message: 'this MQTT extension does not exist or is not deployed yet' }] : []),
  ]);
  const secrets = [...aeSecrets(config, {}), ...subject.hidden, ...(extension?.hidden ?? [])];
  const read = { problems, secrets, body: new FieldReader(body) };
  if (config === undefined || problems.length > 0) return read;
  const { credentials, files } = subject;
  const originator = await originatorOf(RED, subject, config);
  const timeoutMs = Math.min(config.timeoutMs, ANSWER_MS);
  return {
    ...read,
    options: { config, credentials, files, originator, timeoutMs, ...(extension === undefined ? {} : { extension }) },
  };
}

/** Whom the credentials of an AE reach: the CSE, through whichever broker, and who asks for its notifications. */
function destinationOf(given: Readonly<Record<string, unknown>>): unknown {
  const parsed = parseAeConfig(withoutLists(given));
  if (!parsed.ok) return undefined;
  const { endpoint, binding, notify, tls, topicPrefix } = parsed.value;
  return [endpoint, binding, notify, tls, topicPrefix, isNamed(given['mqtt']) ? given['mqtt'] : ''];
}

function extensionOf(
  RED: NodeAPI,
  request: Request,
  body: Record<string, unknown>,
  subject: Subject,
): Subject | undefined {
  if (!isNamed(subject.config['mqtt'])) return undefined;
  const given = body['extension'];
  if (given === undefined) return deployedExtension(RED, subject.config['mqtt']);
  const options = { type: EXTENSION_TYPE, path: 'extension.', destinationOf: destinationOfType(EXTENSION_TYPE) };
  return readSubject(RED, request, asObject(given, 'extension'), options);
}

/** The id the AE has at the CSE, if it has one; else the configured one, even though the CSE may not know it. */
async function originatorOf(RED: NodeAPI, { id, config }: Subject, { ae }: AeConfig): Promise<string> {
  if (ae.originator !== 'C' && ae.originator !== 'S') return ae.originator;
  const node = RED.nodes.getNode(id) as Node | null;
  const given = typeof config['uid'] === 'string' ? config['uid'].trim() : '';
  return (await knownOriginator(RED, id, uidOf(given, node ?? { id }))) ?? ae.originator;
}

/** @throws DeviceError CONFIG */
function addressIn(body: FieldReader, base: string): string {
  const to = readAddress(body.string('to'), base);
  if (body.problems.length > 0) throw new DeviceError('CONFIG', describeProblems(body.problems));
  return to;
}

const isNamed = (id: unknown): boolean => typeof id === 'string' && id.trim() !== '';
