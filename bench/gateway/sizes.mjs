/** Registers in one request: what Modbus allows, and what the plan of ours has for a gapless range. */
export const REQUEST_REGISTERS = 125;

/** `registers` of a device in as few requests as Modbus allows: `{ offset, quantity }[]`. */
export function requestsFor(registers) {
  const requests = [];
  for (let offset = 0; offset < registers; offset += REQUEST_REGISTERS) {
    requests.push({ offset, quantity: Math.min(REQUEST_REGISTERS, registers - offset) });
  }
  return requests;
}

export const deviceName = (index) => `d${index}`;

/** The counter at the broker recognizes values by the beginning of their names. */
export const registerName = (offset) => `r${offset}`;
