/** The CSEs whose habits are known (reference/onem2m.md section 0, facts 3 to 8). `generic`: by the specification. */
export const PROFILE_NAMES = ['generic', 'acme', 'openmtc', 'mobius2', 'mobius4', 'tinyiot'] as const;

export type ProfileName = (typeof PROFILE_NAMES)[number];

/** Where one CSE differs from the others. All of it is data: who acts on it asks for the member, never for the name. */
export interface Profile {
  readonly name: ProfileName;
  /** MQTT topics on which an AE may be created, in the order to be tried. */
  readonly registration: readonly ('reg_req' | 'req')[];
  /** Whether an AE is created with `srv` (mandatory at some, fatal at others). */
  readonly sendsSrv: boolean;
  /**
   * How a subscription names the AE in `nu`: its id as it is, `/cse/Cae`, `//sp/cse/Cae`, or a URL: the point of access
   * with the id as its path.
   */
  readonly notificationUri: 'cse-relative' | 'sp-relative' | 'absolute' | 'url';
  /** Errors never arrive over MQTT: a timeout may mean "refused", and the error says so. */
  readonly hidesErrors: boolean;
  /** Serves polling channels. */
  readonly hasPollingChannel: boolean;
}
