export interface ReceivedMessage {
  readonly topic: string;
  /** Already decoded when `payloadEncode` is base64. */
  readonly payload: Buffer;
  readonly retained: boolean;
  readonly qos: 0 | 1 | 2;
}
