import type { PeerTraits } from '../../binding/binding';
import type { Client, ExchangeOptions } from '../../exchange/client';
import { OPERATIONS, type ResponsePrimitive } from '../../primitive/primitives';
import { profileOf, recognizeProfile, type Profile, type ProfileName } from '../../binding/profile';
import { unwrap } from '../../resource/resource-types';

/** How long the first question to an unknown CSE waits, ms: it is there to save waiting. */
const PROBE_MS = 3000;

/** Forms of `nu` that begin with the CSE-ID. */
const NEEDS_CSE_ID: ReadonlySet<string> = new Set(['sp-relative', 'absolute']);

/** Which CSE is on the other side, as far as it is configured or its answers tell. */
export class Peer {
  private found: ProfileName | undefined;
  private first: { readonly response: ResponsePrimitive; readonly traits: PeerTraits } | undefined;
  private cseBase: Readonly<Record<string, unknown>> | undefined;

  /** `cseID`: of the CSE, or empty where the configuration does not say it. */
  constructor(
    private readonly configured: ProfileName | 'auto',
    private readonly configuredID = '',
  ) {}

  /** CSE-ID, SP-relative; empty while nothing is known. */
  get cseID(): string {
    const csi = this.cseBase?.['csi'];
    return this.configuredID === '' && typeof csi === 'string' ? csi : this.configuredID;
  }

  /** Undefined while nothing is known. */
  get name(): ProfileName | undefined {
    return this.configured === 'auto' ? this.found : this.configured;
  }

  get profile(): Profile {
    return profileOf(this.name ?? 'generic');
  }

  /** What may be behind a missing answer over MQTT. */
  get timeoutAdvice(): string | undefined {
    if (!this.profile.hidesErrors) return undefined;
    return 'This CSE sends no error over MQTT: the request may have been refused. Its log tells, or the same request over HTTP.';
  }

  /** Looks at an answer. Of the first one a repetition counts too: where every answer comes twice, that tells. */
  observe(response: ResponsePrimitive, traits: PeerTraits): void {
    if (this.configured !== 'auto') return;
    const isAgain = this.first?.response.rqi === response.rqi;
    if (this.found !== undefined && !isAgain) return;
    const { first } = this;
    if (!isAgain) this.first = { response, traits };
    const known = isAgain && first !== undefined ? { ...first, again: traits } : { response, traits };
    this.found = recognizeProfile({ ...known, ...(this.cseBase && { cseBase: this.cseBase }) }) ?? this.found;
  }

  /**
   * Asks the CSE for its CSEBase, which every CSE answers somehow, allowed or not: the answer shows its habits before a
   * registration in the wrong form is met with silence. Settles with what is known then; never rejects.
   */
  async identify(
    client: Pick<Client, 'exchange'>,
    base: string,
    options: Pick<ExchangeOptions, 'serialization'> & { readonly timeoutMs: number },
  ): Promise<void> {
    const needsID = this.cseID === '' && NEEDS_CSE_ID.has(this.profile.notificationUri);
    if (this.name !== undefined && !needsID) return;
    const draft = { op: OPERATIONS.retrieve, to: base };
    try {
      const { response } = await client.exchange(draft, {
        ...options,
        timeoutMs: Math.min(options.timeoutMs, PROBE_MS),
      });
      const representation = unwrap(response.pc)?.representation;
      if (typeof representation === 'object' && representation !== null) {
        this.cseBase = representation as Record<string, unknown>;
        if (this.configured === 'auto' && this.first !== undefined)
          this.found = recognizeProfile({ ...this.first, cseBase: this.cseBase }) ?? this.found;
      }
    } catch {
      // No answer: what comes next will say why.
    }
  }

  /** The CSE was lost: another one may come back at the same address. */
  forget(): void {
    this.found = undefined;
    this.first = undefined;
    this.cseBase = undefined;
  }
}
