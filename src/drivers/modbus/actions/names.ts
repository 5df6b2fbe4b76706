/** `msg.action` values of a `modbus-device` beyond those of every device. */
export const ACTIONS = ['discover', 'scan', 'guess'] as const;
