import type { ReadRequest } from '../pdu/request';

/** What an action may do with a device: one request after the other. */
export interface ActionLink {
  /** The data of the answer. Rejects with what the device says, or where it says nothing. */
  read(request: ReadRequest): Promise<Uint8Array>;
  /** Settles after so many ms. */
  pause(ms: number): Promise<void>;
  /** Whether there is time for another request, however long that takes. */
  isTimeLeft(): boolean;
}
