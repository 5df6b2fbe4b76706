import type { NodeMessage } from 'node-red';
import { withDeadline } from '../../base/deadline';
import { DeviceError } from '../../base/errors';
import { systemClock } from '../../base/ports';
import type { ApplicationEntity } from '../../onem2m/ae/application-entity';
import type { CommandOutcome, MirrorAe, MirrorOutcome, ReachableDevice } from '../../onem2m/ae/devices/device-mirror';
import { rscText } from '../../onem2m/primitive/status-codes';
import { directory } from '../common/directory';
import { errorOfFailures, failureOf, toFlowError } from '../common/flow-error';

/** The deployed device node of this uid, to write to it; undefined where there is none. */
export function findDevice(uid: string): ReachableDevice | undefined {
  const device = directory.devices().find(({ identity }) => identity.uid === uid);
  const snapshot = device?.snapshot();
  if (device === undefined || snapshot === undefined) return undefined;
  return {
    writable: snapshot.properties
      .filter(({ accessMode }) => accessMode === 'ReadWrite' || accessMode === 'WriteOnly')
      .map(({ name }) => name),
    write: async (values) => {
      try {
        await device.write(values);
      } catch (error) {
        const { code, message } = toFlowError(error);
        throw new DeviceError(code, message);
      }
    },
  };
}

/**
 * The AE as a mirror needs it. An AE that has lost its CSE makes resources as soon as it is back, however long that takes: a message
 * cannot wait so long. `timeoutMs`: for each of them.
 */
export function mirrorAe(ae: ApplicationEntity, timeoutMs: number): MirrorAe {
  const inTime = <T>(steps: number, work: () => Promise<T>): Promise<T> => {
    const { lastError } = ae.snapshot();
    const reason = lastError === undefined ? '' : `: ${lastError.message}`;
    const message = `the CSE has not created the resources of the device in time${reason}`;
    return withDeadline({ clock: systemClock, ms: steps * timeoutMs, message }, work);
  };
  return {
    perform: (message) => ae.perform(message),
    ensure: (resources) => inTime(resources.length + 1, () => ae.ensure(resources)),
    watch: (target, handler) => inTime(2, () => ae.watch(target, handler)),
  };
}

/** What a message of a device is answered with: `payload` holds the status code of each property that was sent. */
export function mirrorMembers({ path, properties }: MirrorOutcome, durationMs: number): object {
  const failures = properties.flatMap((one) => ('error' in one ? [failureOf(one.name, one.error)] : []));
  if (failures.length > 0) throw errorOfFailures(failures);
  const results = properties.flatMap((one) => ('result' in one ? [[one.name, one.result.onem2m] as const] : []));
  const rsc = results[0]?.[1].rsc ?? 2000;
  return {
    payload: Object.fromEntries(results.map(([name, info]) => [name, info.rsc])),
    onem2m: {
      op: 'mirror',
      to: path,
      rsc,
      rscText: rscText(rsc),
      durationMs,
      results: Object.fromEntries(results),
    },
  };
}

/** Output 3, for a content of a command container. */
export function commandMessage({ device, uid, property, value, topic, error }: CommandOutcome): NodeMessage {
  const told = error === undefined ? undefined : toFlowError(error);
  const onem2m = {
    event: 'command',
    device,
    uid,
    property,
    ok: told === undefined,
    ...(told === undefined ? {} : { error: { code: told.code, message: told.message } }),
  };
  return Object.assign({ payload: value, topic }, { onem2m });
}

/** What Catch nodes are told of a command that was refused. */
export function commandError({ device, property, error }: CommandOutcome): DeviceError | undefined {
  if (error === undefined) return undefined;
  const { code, message } = toFlowError(error);
  return new DeviceError(code, `the command for "${property}" of "${device}" failed: ${message}`);
}
