import { withDeadline } from '../../../base/deadline';
import { DeviceError, ErrorCode, toDeviceError } from '../../../base/errors';
import type { Ports } from '../../../base/ports';
import type { Client } from '../../exchange/client';
import type { Registration } from './registration';
import type { Subscriptions } from './subscriptions';

export interface FarewellContext {
  readonly client: Client;
  readonly registration: Registration;
  readonly subscriptions: Subscriptions;
  readonly ports: Ports;
}

/** How long the CSE has for it, ms; closing the bindings takes its own time. */
const GOODBYE_MS = 2500;

export const nodeClosed = (): DeviceError => new DeviceError(ErrorCode.CLOSED, 'the node was closed');

/**
 * Takes the AE away from the CSE with all that it has made there, also where it is only just being registered. Settles within
 * GOODBYE_MS, and never rejects: what could not be taken away expires.
 */
export async function sayGoodbye(context: FarewellContext): Promise<void> {
  const { clock, log } = context.ports;
  const deadline = { clock, ms: GOODBYE_MS, message: 'the CSE did not answer the farewell' };
  try {
    await withDeadline(deadline, (signal) => remove(context, signal));
  } catch (error) {
    log.debug(`Deregistering: ${toDeviceError(error, ErrorCode.CLOSED).message}`);
  }
}

/** What is below the AE goes with it; subscriptions elsewhere have to be deleted one by one. */
async function remove({ client, registration, subscriptions }: FarewellContext, signal: AbortSignal): Promise<void> {
  const isThere = await registration.isThere();
  // Otherwise the farewell would wait behind what is under way.
  client.giveUp(nodeClosed());
  if (!isThere || signal.aborted) return;
  const elsewhere = subscriptions.outside(registration.address);
  await Promise.allSettled(elsewhere.map((subscription) => subscription.remove(signal)));
  await registration.deregister(signal);
}
