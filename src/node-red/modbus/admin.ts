import type { RequestHandler } from 'express';
import type { NodeAPI } from 'node-red';
import { DeviceError } from '../../base/errors';
import { describeProblems } from '../../base/fields/fields';
import { CLOSE_DEADLINE_MS, settleWithin } from '../../base/settle-within';
import type { ACTIONS } from '../../drivers/modbus/actions/names';
import { modbusKind } from '../../drivers/modbus';
import type { ModbusConfig } from '../../drivers/modbus/config/config';
import { bounded, createAnswering, silentPorts } from '../admin/answering';
import { destinationOfKind } from '../admin/destination';
import { asObject, readSubject } from '../admin/probe-request';
import { userDirectoryOf } from '../common/user-directory';
import { redact } from '../common/secrets';

/** Requests that may run at once: each of them connects. */
const MOST_REQUESTS = 4;
/** For what one request asks of the device; a survey goes on with the next. ms */
const STEP_MS = 8000;
/** Connecting, and then asking. */
const REQUEST_MS = 2 * STEP_MS + 2000;

const SUBJECT = { type: 'modbus-device', path: '', destinationOf: destinationOfKind(modbusKind) };

/**
 * What answers the dialog of a modbus-device (docs/contract.md#admin-endpoints): its driver's actions, with the settings as they are in the dialog.
 * A connection that the deployed device has is shared. Nothing is written to the device.
 */
export function modbusHandlers(RED: NodeAPI): Record<(typeof ACTIONS)[number], RequestHandler> {
  const answered = createAnswering(MOST_REQUESTS);
  const handler = (action: (typeof ACTIONS)[number]): RequestHandler =>
    answered((request) => {
      const body = asObject(request.body, 'the body');
      const { config, credentials, problems, hidden } = readSubject(RED, request, body, SUBJECT);
      // The table may be half done, and nothing of it is asked for.
      const parsed = modbusKind.parse({ ...config, properties: [] }, credentials);
      const wrong = [
        ...problems.filter(({ field }) => !field.startsWith('properties')),
        ...(parsed.ok ? [] : parsed.problems),
      ];
      if (!parsed.ok || wrong.length > 0) throw new DeviceError('CONFIG', redact(describeProblems(wrong), hidden));
      const timeoutMs = Math.min(Math.max(parsed.value.timeoutMs, STEP_MS / 2), STEP_MS);
      return bounded(REQUEST_MS, hidden, (signal) =>
        performOnce({ ...parsed.value, timeoutMs }, action, body['payload'] ?? {}, userDirectoryOf(RED), signal),
      );
    });
  return { discover: handler('discover'), scan: handler('scan'), guess: handler('guess') };
}

async function performOnce(
  config: ModbusConfig,
  action: string,
  payload: unknown,
  userDirectory: string,
  signal: AbortSignal,
): Promise<object> {
  const noBroker = (): Promise<never> => Promise.reject(new DeviceError('CONFIG', 'mqtt: is not used by this device'));
  const driver = modbusKind.createDriver(config, { ...silentPorts, userDirectory, openConnection: noBroker });
  try {
    await driver.connect(signal);
    return (await driver.perform?.(action, { payload }, signal)) as object;
  } finally {
    await settleWithin(CLOSE_DEADLINE_MS, [driver.close()]);
  }
}
