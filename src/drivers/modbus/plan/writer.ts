import type { Write } from '../../../device/driver';
import { isException, ModbusException } from '../pdu/exceptions';
import type { ModbusProperty } from '../config/property';
import type { ModbusRequest, WriteRequest } from '../pdu/request';
import { modifiedRegister, planWrite, type RegisterWrite, type WriteFallback } from './write-plan';

/** How the writer reaches its unit. */
export interface WriteLink {
  /** The bytes read, none for a write. Rejects with a DeviceError, or as a signal says. */
  request(request: ModbusRequest): Promise<Uint8Array>;
  /** Runs `task` while nobody else modifies the register at `offset`. */
  exclusively<T>(offset: number, task: () => Promise<T>): Promise<T>;
}

/** Writes values to one unit and remembers which functions it does not know (exception 1). */
export class Writer {
  private readonly unknownFunctions = new Set<number>();

  /** Resolves when the device has confirmed. Rejects with a DeviceError. */
  async write({ property, value }: Write<ModbusProperty>, link: WriteLink): Promise<void> {
    const { request, fallback } = planWrite(property, value);
    if (fallback.kind === 'none') {
      await link.request(request);
      return;
    }
    if (!this.unknownFunctions.has(request.function)) {
      try {
        await link.request(request);
        return;
      } catch (error) {
        if (!isException(error, ModbusException.ILLEGAL_FUNCTION)) throw error;
        this.unknownFunctions.add(request.function);
      }
    }
    await this.fallBack(fallback, link);
  }

  private async fallBack(fallback: Exclude<WriteFallback, { kind: 'none' }>, link: WriteLink): Promise<void> {
    if (fallback.kind === 'request') {
      await link.request(fallback.request);
      return;
    }
    const { read, mask, state } = fallback;
    await link.exclusively(read.offset, async () => {
      const request = modifiedRegister(read.offset, await link.request(read), mask, state);
      await this.writeRegister(request, link);
    });
  }

  private async writeRegister(request: RegisterWrite, link: WriteLink): Promise<void> {
    const registers = Uint8Array.of(request.register >> 8, request.register & 0xff);
    const several: WriteRequest = { function: 16, offset: request.offset, registers };
    await link.request(this.unknownFunctions.has(request.function) ? several : request);
  }
}
