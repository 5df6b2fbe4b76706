import type { PeerTraits } from '../bindings/binding';
import type { Client } from '../client';
import { OPERATIONS, type ResponsePrimitive } from '../primitives';
import { profileOf, recognizeProfile, type Profile, type ProfileName } from '../profile';
import { unwrap } from '../resource-types';

/** How long the first question to an unknown CSE waits, ms: it is there to save waiting. */
const PROBE_MS = 3000;

/** Which CSE is on the other side, as far as it is configured or its answers tell. */
export class Peer {
  private found: ProfileName | undefined;
  private first: { readonly response: ResponsePrimitive; readonly traits: PeerTraits } | undefined;
  private cseBase: Readonly<Record<string, unknown>> | undefined;

  constructor(private readonly configured: ProfileName | 'auto') {}

  /** Undefined while nothing is known. */
  get name(): ProfileName | undefined {
    return this.configured === 'auto' ? this.found : this.configured;
  }

  get profile(): Profile {
    return profileOf(this.name ?? 'generic');
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
  async identify(client: Pick<Client, 'exchange'>, base: string, timeoutMs: number): Promise<void> {
    if (this.name !== undefined) return;
    const draft = { op: OPERATIONS.retrieve, to: base };
    try {
      const { response } = await client.exchange(draft, { timeoutMs: Math.min(timeoutMs, PROBE_MS) });
      const representation = unwrap(response.pc)?.representation;
      if (typeof representation === 'object' && representation !== null) {
        this.cseBase = representation as Record<string, unknown>;
        if (this.first !== undefined)
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
