import { DeviceError, ErrorCode } from '../../base/errors';
import { parseEndpoint, type Endpoint } from './endpoint';

/** A point of access, or a notification URI, taken apart. */
export interface PointOfAccess {
  readonly endpoint: Endpoint;
  /** As it is written; over MQTT, without its slash, it is a topic (TS-0010 6.6.4). Empty where there is none. */
  readonly path: string;
  /** What follows `?`; empty where there is none. */
  readonly query: string;
}

/**
 * Takes an address of one of these schemes apart. Throws a DeviceError CONFIG for any other, and for what is none; the text shows
 * nothing that may hold a password.
 */
export function parsePointOfAccess(text: string, schemes: readonly Endpoint['scheme'][]): PointOfAccess {
  const [, start = text, path = '', query = '', fragment = ''] =
    /^([^:/?#]+:\/\/[^/?#]*)(\/[^?#]*)?(?:\?([^#]*))?(#.*)?$/u.exec(text.trim()) ?? [];
  const isMqtt = /^(?:secure-)?mqtts?:/iu.test(start);
  const result = parseEndpoint(start + (isMqtt ? '' : path) + fragment);
  if (!result.ok) throw new DeviceError(ErrorCode.CONFIG, `the point of access ${result.message}`);
  const { value: endpoint } = result;
  if (!schemes.includes(endpoint.scheme)) {
    const known = schemes.join(', ');
    throw new DeviceError(
      ErrorCode.CONFIG,
      `the point of access ${endpoint.text} cannot be reached here: only ${known} can`,
    );
  }
  return { endpoint, path, query };
}
