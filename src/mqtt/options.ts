/** What a message of a device looks like on the broker: nodes.md, `message`. Owned and completed by src/mqtt. */
export interface MessageOptions {
  readonly payloadEncode: 'raw' | 'base64';
  readonly qos: 0 | 1 | 2;
  readonly retained: boolean;
  /** How long `publish` waits for the acknowledgement before MQTT_WAIT_TIMEOUT; 0 waits for ever. ms. */
  readonly waitTimeoutMs: number;
}
