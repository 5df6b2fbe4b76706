import type { DeviceSnapshot, PropertyState } from '../snapshot';
import type { KnownStates } from './property-store';

type Known = Pick<DeviceSnapshot, 'device' | 'state' | 'lastError' | 'lastSync' | 'missedBeats' | 'link'>;

/** Made at each sync, and most often not looked at property by property. */
export class Snapshot implements DeviceSnapshot {
  readonly device: DeviceSnapshot['device'];
  readonly state: DeviceSnapshot['state'];
  readonly lastError: DeviceSnapshot['lastError'];
  readonly lastSync: DeviceSnapshot['lastSync'];
  readonly missedBeats: number;
  readonly link: DeviceSnapshot['link'];

  constructor(
    known: Known,
    readonly columns: KnownStates,
  ) {
    this.device = known.device;
    this.state = known.state;
    this.lastError = known.lastError;
    this.lastSync = known.lastSync;
    this.missedBeats = known.missedBeats;
    this.link = known.link;
  }

  get properties(): readonly PropertyState[] {
    return this.columns.list;
  }
}
