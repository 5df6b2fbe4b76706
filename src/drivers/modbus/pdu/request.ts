/**
 * One Modbus request, without unit and framing. Offsets are zero-based, 0-65535; registers are bytes as on the wire, high
 * byte first; bits are packed as on the wire, least significant bit of the first byte first.
 */
export type ModbusRequest = ReadRequest | WriteRequest;

export interface ReadRequest {
  /** 1 coils, 2 discrete inputs, 3 holding registers, 4 input registers. */
  readonly function: 1 | 2 | 3 | 4;
  readonly offset: number;
  readonly quantity: number;
}

export type WriteRequest =
  | { readonly function: 5; readonly offset: number; readonly state: boolean }
  | { readonly function: 6; readonly offset: number; readonly register: number }
  | { readonly function: 15; readonly offset: number; readonly quantity: number; readonly bits: Uint8Array }
  | { readonly function: 16; readonly offset: number; readonly registers: Uint8Array }
  /** result = (current AND andMask) OR (orMask AND NOT andMask) */
  | { readonly function: 22; readonly offset: number; readonly andMask: number; readonly orMask: number };

/** Reads of the four tables. */
export const isReadFunction = (code: number): boolean => code >= 1 && code <= 4;

export const isReadRequest = (request: ModbusRequest): request is ReadRequest => request.function <= 4;

/** Whether `request` reads exactly what `read` does. */
export const isSameRead = (read: ReadRequest, request: ModbusRequest): boolean =>
  isReadRequest(request) &&
  request.function === read.function &&
  request.offset === read.offset &&
  request.quantity === read.quantity;

/** Bytes a read must answer. */
export const answerLength = ({ function: code, quantity }: ReadRequest): number =>
  code <= 2 ? Math.ceil(quantity / 8) : quantity * 2;

const NAMES: Readonly<Record<ModbusRequest['function'], string>> = {
  1: 'read of coils',
  2: 'read of discrete inputs',
  3: 'read of holding registers',
  4: 'read of input registers',
  5: 'write of coil',
  6: 'write of holding register',
  15: 'write of coils',
  16: 'write of holding registers',
  22: 'mask write of holding register',
};

/** Bits or registers that a request is about. */
export const quantityOf = (request: ModbusRequest): number => {
  if ('quantity' in request) return request.quantity;
  return request.function === 16 ? request.registers.length / 2 : 1;
};

/** For error messages: `read of holding registers 0-9 of unit 1`. */
export function describeRequest(unit: number, request: ModbusRequest): string {
  const last = request.offset + quantityOf(request) - 1;
  const range = last === request.offset ? String(last) : `${request.offset}-${last}`;
  return `${NAMES[request.function]} ${range} of unit ${unit}`;
}
