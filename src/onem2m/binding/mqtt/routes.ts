import { DeviceError, ErrorCode } from '../../../base/errors';
import { show } from '../../../base/show';
import type { Serialization } from '../../primitive/codec';
import type { RequestPrimitive } from '../../primitive/primitives';
import { requestTopic, responseFilter, responseTopicOf, topicID, type RequestTopic } from '../../primitive/topics';

export interface RouteOptions {
  /** CSE-ID that requests go to (`/in-cse-1`); empty: the CSE that `to` names. */
  readonly receiver: string;
  /** Originator level of `reg_req`. */
  readonly credentialID?: string | undefined;
  /** Originator level while the CSE has not assigned the AE-ID; unlike that of any other AE at the broker. */
  readonly fallbackLevel: string;
  /**
   * Originator level of all requests, whoever sends them (`/in-cse`): a CSE passes on what others have sent under its own name.
   * Default: that of `fr`.
   */
  readonly topicOriginator?: string | undefined;
}

/** Where a request goes, and where its answer comes. */
export interface Route {
  readonly topic: string;
  /** Of the answers; undefined where none are awaited. */
  readonly filter: string | undefined;
}

/** What a request says of its way. */
export interface Way {
  readonly kind: RequestTopic['kind'];
  readonly serialization: Serialization;
  /** Default: that of the options. */
  readonly receiver?: string | undefined;
}

interface Known extends Way, Route {
  readonly fr: string;
  readonly receiver: string;
}

/** The topics of requests and their answers. */
export class Routes {
  private last: Known | undefined;

  constructor(
    private readonly options: RouteOptions,
    private readonly prefix: string,
  ) {}

  /** Nearly always the same as last time. Throws a DeviceError CONFIG where no CSE is named. */
  of({ fr = '', to }: RequestPrimitive, { kind, serialization, receiver: given }: Way): Route {
    const receiver = given ?? (this.options.receiver === '' ? cseOf(to) : this.options.receiver);
    const { last, prefix } = this;
    if (last?.fr === fr && last.kind === kind && last.receiver === receiver && last.serialization === serialization) {
      return last;
    }
    const { credentialID = '', fallbackLevel, topicOriginator } = this.options;
    const level = topicOriginator ?? (isAe(fr) ? fr : fallbackLevel);
    const originator = kind === 'reg_req' && credentialID !== '' ? credentialID : level;
    const topic = requestTopic({ kind, originator, receiver, serialization, prefix });
    this.last = { fr, kind, receiver, serialization, topic, filter: responseFilter(kind, originator, prefix) };
    return this.last;
  }

  /** A topic that a point of access names: answers come only where it is one of oneM2M. Throws a DeviceError CONFIG. */
  named(topic: string): Route {
    if (/[+#\p{Cc}]/u.test(topic)) {
      throw new DeviceError(ErrorCode.CONFIG, `the topic ${show(topic)} of the point of access is none to publish on`);
    }
    return { topic, filter: responseTopicOf(topic, this.prefix) };
  }
}

/** `C` and `S` ask the CSE for an id, and are none. */
export const isAe = (originator: string): boolean => topicID(originator) !== '' && !/^\/*[CS]$/u.test(originator);

/** The CSE that an address names. Throws a DeviceError CONFIG for one that is relative to a CSE. */
function cseOf(to: string): string {
  const named = /^(?:\/\/[^/]+)?\/[^/]+/u.exec(to)?.[0];
  if (named !== undefined && !/^\/\/[^/]+$/u.test(named)) return named;
  const advice = 'Add the id of the CSE to the endpoint, such as "#in-cse", or use a target such as "/in-cse/...".';
  const text = `endpoint: names no CSE, and neither does the target ${show(to)}`;
  throw new DeviceError(ErrorCode.CONFIG, text, { advice });
}
