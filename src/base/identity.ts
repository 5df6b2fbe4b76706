/** Who a device is, to flows, brokers and editors. */
export interface DeviceIdentity {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  /** `modbus`, `dummy`, ... */
  readonly protocol: string;
}
