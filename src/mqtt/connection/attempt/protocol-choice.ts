/** MQTT 3.1 is 3, 3.1.1 is 4, 5.0 is 5, as in CONNECT. */
export type ProtocolVersion = 3 | 4 | 5;

/** Which version to speak: the configured one, or for 0 first 3.1.1, then 3.1 when that is refused. */
export class ProtocolChoice {
  private version: ProtocolVersion;
  private hasWorked = false;

  constructor(private readonly configured: 0 | ProtocolVersion) {
    this.version = configured === 0 ? 4 : configured;
  }

  get current(): ProtocolVersion {
    return this.version;
  }

  accepted(): void {
    this.hasWorked = true;
  }

  /**
   * The broker said so (`explicit`), or closed without an answer, which brokers that do not know a version also do.
   * Answers whether the other version should be tried at once.
   */
  refused(explicit: boolean): boolean {
    if (this.configured !== 0 || (this.hasWorked && !explicit)) return false;
    this.hasWorked = false;
    const isFirst = this.version === 4;
    this.version = isFirst ? 3 : 4;
    return isFirst;
  }
}
