import type { ClientSubscription, CreateSubscriptionRequestOptions } from 'node-opcua-client';
import { DeviceError, ErrorCode } from '../../../base/errors';
import { unlessAborted } from '../../../base/waiting';
import { toOpcUaError } from '../library/status-codes';
import type { UaLink } from './link';

/** Out here, since the library's class would keep whatever a function inside could see. */
const ALWAYS: PropertyDescriptor = { configurable: true, get: () => true, set: () => undefined };

/**
 * A subscription on the server. One that is made after `signal` was aborted is ended at once: the session may live on, for
 * other devices.
 * @throws DeviceError with what the server said; `what` says what was tried
 */
export async function createSubscription(
  { library, ua, begun }: UaLink,
  parameters: CreateSubscriptionRequestOptions,
  signal: AbortSignal,
  what: string,
): Promise<ClientSubscription> {
  const { ClientSubscription } = library;
  // node-opcua refuses intervals that would not keep the session by themselves: ours has a keep-alive of its own. After an
  // answer it would say so in a turn that nobody can catch, and it takes the wish back each time.
  Object.defineProperty(ClientSubscription, 'ignoreNextWarning', ALWAYS);
  // Not `createSubscription2`: that asserts in such a turn, too, that the session has not been closed meanwhile.
  const subscription = ClientSubscription.create(ua.session, parameters);
  const creating = begun.add(started(subscription));
  try {
    return await unlessAborted(creating, signal, what);
  } catch (error) {
    void begun.add(creating.then(() => subscription.terminate())).catch(() => undefined);
    throw toOpcUaError(error, what);
  }
}

function started(subscription: ClientSubscription): Promise<ClientSubscription> {
  return new Promise((resolve, reject) => {
    subscription.on('error', reject);
    subscription.on('started', () => {
      if (subscription.isActive) resolve(subscription);
      else reject(new DeviceError(ErrorCode.LINK_LOST, 'the session was closed'));
    });
  });
}
