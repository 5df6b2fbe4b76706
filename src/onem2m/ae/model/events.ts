import type { DeviceState } from '../../../base/device-state';
import type { DeviceError, ErrorInfo } from '../../../base/errors';
import type { ProfileName } from '../../binding/profile';
import type { AeLifeEvent, AeNotification } from './messages';

/** An AE as it is at one moment. */
export interface AeSnapshot {
  readonly state: DeviceState;
  readonly lastError?: ErrorInfo;
  /** The AE-ID, once assigned. */
  readonly originator?: string;
  readonly profile?: ProfileName;
  /** When the registration ends unless it is refreshed; ms since the epoch. */
  readonly expiresAt?: number;
  /** Requests without an answer. */
  readonly pending: number;
}

/** What an AE tells. */
export interface AeEvents {
  state: [AeSnapshot];
  notification: [AeNotification];
  life: [AeLifeEvent];
  problem: [DeviceError];
  /** What was a problem is over. */
  recovered: [];
}
