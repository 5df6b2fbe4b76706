import type { RequestHandler } from 'express';
import type { NodeAPI } from 'node-red';
import { DeviceError } from '../../base/errors';
import { describeProblems } from '../../base/fields/fields';
import { CLOSE_DEADLINE_MS, settleWithin } from '../../base/settle-within';
import type { ACTIONS } from '../../drivers/modbus/actions/names';
import { listSerialPorts } from '../../drivers/modbus/channel/serial-ports';
import type { Driver } from '../../device/driver';
import type { DriverSurroundings } from '../../device/kind';
import { bounded, createAnswering, silentPorts } from '../admin/answering';
import { destinationOfType } from '../admin/destination';
import { asObject, readSubject } from '../admin/probe-request';
import { directory } from '../common/directory';
import { userDirectoryOf } from '../common/user-directory';
import { redact } from '../common/secrets';

/** Requests that may run at once: each of them connects. */
const MOST_REQUESTS = 4;
/** For what one request asks of the device; a survey goes on with the next. ms */
const STEP_MS = 8000;
/** Connecting, and then asking. */
const REQUEST_MS = 2 * STEP_MS + 2000;

const TYPE = 'modbus-device';

/**
 * What answers the dialog of a modbus-device (docs/contract.md#admin-endpoints): its driver's actions, with the settings as they are in the dialog,
 * and the serial ports of the machine.
 * A connection that the deployed device has is shared. Nothing is written to the device.
 */
export function modbusHandlers(RED: NodeAPI): Record<(typeof ACTIONS)[number] | 'serialPorts', RequestHandler> {
  const answered = createAnswering(MOST_REQUESTS);
  const handler = (action: (typeof ACTIONS)[number]): RequestHandler =>
    answered((request) => {
      const body = asObject(request.body, 'the body');
      const { config, credentials, problems, hidden } = readSubject(RED, request, body, {
        type: TYPE,
        path: '',
        destinationOf: destinationOfType(TYPE),
      });
      // The table may be half done, and nothing of it is asked for.
      const kind = directory.kind(TYPE);
      if (kind === undefined) throw new DeviceError('INTERNAL', `${TYPE} is not there`);
      const parsed = kind.parse({ ...config, properties: [] }, credentials);
      const wrong = [
        ...problems.filter(({ field }) => !field.startsWith('properties')),
        ...(parsed.ok ? [] : parsed.problems),
      ];
      if (!parsed.ok || wrong.length > 0) throw new DeviceError('CONFIG', redact(describeProblems(wrong), hidden));
      const timeoutMs = Math.min(Math.max(parsed.value.timeoutMs, STEP_MS / 2), STEP_MS);
      return bounded(REQUEST_MS, hidden, (signal) =>
        performOnce(
          (ports) =>
            kind.createDriver({ ...parsed.value, timeoutMs }, { ...ports, userDirectory: userDirectoryOf(RED) }),
          { action, payload: body['payload'] ?? {} },
          signal,
        ),
      );
    });
  return {
    discover: handler('discover'),
    scan: handler('scan'),
    guess: handler('guess'),
    serialPorts: answered(() => bounded(STEP_MS, [], async () => ({ ports: await listSerialPorts() }))),
  };
}

type Surroundings = Omit<DriverSurroundings, 'userDirectory'>;

async function performOnce(
  create: (surroundings: Surroundings) => Driver,
  { action, payload }: { action: string; payload: unknown },
  signal: AbortSignal,
): Promise<object> {
  const noBroker = (): Promise<never> => Promise.reject(new DeviceError('CONFIG', 'mqtt: is not used by this device'));
  const driver = create({ ...silentPorts, openConnection: noBroker });
  try {
    await driver.connect(signal);
    return (await driver.perform?.(action, { payload }, signal)) as object;
  } finally {
    await settleWithin(CLOSE_DEADLINE_MS, [driver.close()]);
  }
}
