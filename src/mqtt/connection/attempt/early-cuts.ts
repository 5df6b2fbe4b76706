import { DeviceError } from '../../../base/errors';
import { show } from '../../../base/show';

/** Who was thrown off by another client comes back within seconds, as a rule: after 15 s the broker node of Node-RED. */
const SOON_MS = 20_000;
const AGAIN_AND_AGAIN = 3;

/**
 * Connections that the broker ends soon after it has accepted them, one after the other. Two clients with one client id do that to each
 * other (MQTT 3.1.1, 3.1.4-2), and up to 3.1.1 nobody tells them.
 */
export class EarlyCuts {
  private count = 0;

  constructor(private readonly clientId: string) {}

  get areRepeated(): boolean {
    return this.count >= AGAIN_AND_AGAIN;
  }

  /** `isCut`: by the broker, and for no reason that is known. Answers the error with what may be behind it. */
  lost(error: DeviceError, heldMs: number, isCut: boolean): DeviceError {
    this.count = isCut && heldMs < SOON_MS ? this.count + 1 : 0;
    if (!this.areRepeated) return error;
    const why = `another client may use the client id ${show(this.clientId)}`;
    const text = `${error.message}, again and again soon after it was accepted: ${why}`;
    return new DeviceError(error.code, text, { cause: error, advice: 'Give each client an id of its own (clientID).' });
  }

  /** The broker was not there. */
  unreached(): void {
    this.count = 0;
  }
}
