import type { OrderReading } from '../../../../src/drivers/modbus/survey/byte-order';
import type { FoundModel } from '../../../../src/drivers/modbus/sunspec/properties';
import type { AddressRange } from '../../../../src/drivers/modbus/pdu/registers';
import { typedCredentials } from '../../../../src/editor/dialog/credentials';
import type { Dialog } from '../../../../src/editor/dialog/dialog';
import { demand } from '../../../../src/editor/form/ask';

export interface ScanStep {
  readonly found: readonly AddressRange[];
  /** By kind of register: `unsupported`, `silent`. */
  readonly absent: Readonly<Record<string, string>>;
  /** 0 to 1 */
  readonly progress: number;
  /** The payload to go on with. */
  readonly next?: object;
}

/** What the dialog asks the device by way of the server of Node-RED; each rejects with an Error that says in words why. */
export interface ModbusRequests {
  discover(): Promise<{ base: number; models: readonly FoundModel[]; broken?: string }>;
  scan(payload: object): Promise<ScanStep>;
  guess(payload: object): Promise<{ registers: readonly number[]; readings: readonly OrderReading[] }>;
}

/** With the settings as they are in the dialog, saved or not; stored secrets stay on the server. */
export function createRequests(dialog: Dialog): ModbusRequests {
  const post = <T>(action: string, payload: object): Promise<T> => {
    const config = { ...dialog.draft, properties: [] };
    return demand<T>('POST', `modbus/${action}`, {
      id: dialog.node.id,
      config,
      credentials: typedCredentials(dialog),
      payload,
    });
  };
  return {
    discover: () => post('discover', {}),
    scan: (payload) => post('scan', payload),
    guess: (payload) => post('guess', payload),
  };
}
