import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DriverMessage } from '../../../src/device/driver.ts';
import { systemClock } from '../../../src/base/ports.ts';
import { surroundingsOf } from '../fakes/surroundings.ts';
import { opcuaKind } from '../../../src/drivers/opcua/index.ts';

const quiet = (): void => undefined;
const log = { debug: quiet, info: quiet, warn: quiet, error: quiet };

/** An anonymous, unsecured driver for actions, with its certificates in a directory of its own; `end()` removes all. */
export function actingDriver(endpoint: string) {
  const userDirectory = mkdtempSync(join(tmpdir(), 'devicelink-user-'));
  const protocol = { endpoint, securityPolicy: 'None', securityMode: 'None' };
  const config = opcuaKind.parse({ protocol, properties: [], parameters: { timeout: '5s' } }, {});
  if (!config.ok) throw new Error(JSON.stringify(config.problems));
  const driver = opcuaKind.createDriver(
    config.value,
    surroundingsOf({ clock: systemClock, log, random: () => 0.5 }, userDirectory),
  );
  const messages: DriverMessage[] = [];
  driver.messages?.on('message', (message) => messages.push(message));
  return {
    driver,
    /** What the driver told by itself so far. */
    messages,
    connect: () => driver.connect(AbortSignal.timeout(5000)),
    act: <T = Record<string, unknown>>(action: string, payload?: unknown): Promise<T> =>
      driver.perform!(action, { payload }, AbortSignal.timeout(8000)) as Promise<T>,
    end: async (): Promise<void> => {
      await driver.close();
      rmSync(userDirectory, { recursive: true, force: true });
    },
  };
}
