import { DeviceError, ErrorCode } from '../../../base/errors';
import type { Clock } from '../../../base/ports';
import type { Client, ExchangeOptions } from '../../exchange/client';
import { OPERATIONS, type ResponsePrimitive } from '../../primitive/primitives';
import { unwrap } from '../../resource/resource-types';
import { isSuccess, refusalOf, throwIfRefused } from '../../primitive/status-codes';
import { fromTimestamp, toWholeSeconds } from '../../primitive/times';
import { changedAttributes } from './attributes';
import type { AeConfig } from '../model/config';
import type { Peer } from './peer';
import { updatesFor, withoutSameReferences } from './references';
import type { AeStore } from '../model/store';

const AE = 'm2m:ae';
const AE_TYPE = 2;

/** Registered already, under this originator or under this name. */
const CONFLICT = 4105;
const ALREADY_REGISTERED = 4117;
const NOT_FOUND = 4004;
/** What a CSE answers to somebody it does not know (any more). */
const UNKNOWN_TO_CSE: ReadonlySet<number> = new Set([4004, 4103, 4106]);

/**
 * What a CSE says to an originator that it does not let in. Anything else is no reason to give up an id: one that is starting answers
 * the strangest codes.
 */
const REFUSES_ORIGINATOR: ReadonlySet<number> = new Set([4103, 4106, 4107, 4126]);

/** What CSEs that speak JSON only answer to CBOR. */
const NOT_UNDERSTOOD: ReadonlySet<number> = new Set([4000, 4015, 5000]);

/** What an id is before the CSE has assigned one. */
const UNASSIGNED: ReadonlySet<string> = new Set(['C', 'S']);

export interface RegistrationContext {
  readonly config: AeConfig;
  readonly client: Pick<Client, 'exchange'>;
  readonly peer: Peer;
  readonly store: AeStore;
  readonly clock: Clock;
  /** Lets notifications for this AE-ID in. */
  readonly listen: (originator: string) => Promise<void>;
  /** An AE-ID that nobody else has, the same each time, for CSEs that assign none. */
  readonly ownID: string;
  /** Where the CSE reaches the AE. */
  readonly pointOfAccess: () => readonly string[];
}

/** How the CREATE of an AE is sent: to which MQTT topic, and whether it names the releases it speaks. */
interface Variant {
  readonly topic: 'reg_req' | 'req';
  readonly srv: boolean;
}

/** The AE at its registrar: made or found again, kept alive, taken away. */
export class Registration {
  /** The AE-ID; `C` or `S` while none is assigned. */
  originator: string;
  /** When the CSE lets it expire; ms since the epoch. */
  expiresAt: number | undefined;
  private attempts = 0;
  private underWay: Promise<void> | undefined;
  private isAccepted = false;
  /** It was there already when it was registered last. */
  wasResumed = false;

  constructor(private readonly context: RegistrationContext) {
    this.originator = context.config.ae.originator;
  }

  /** CSE-relative, structured. */
  get address(): string {
    const { cse, ae } = this.context.config;
    return `${cse.base}/${ae.name}`;
  }

  get isAssigned(): boolean {
    return !UNASSIGNED.has(this.originator);
  }

  /** To be called before the link is opened: with an id of last time its notifications are let in from the beginning. Never rejects. */
  async prepare(): Promise<void> {
    await this.load().catch(() => undefined);
    // Granted once connected; what is refused is told when it is asked for again, at the registration.
    if (this.isAssigned) void this.context.listen(this.originator).catch(() => undefined);
  }

  /**
   * Registers; or, where the AE exists already, does what `registration.onConflict` says. Answers which of it happened.
   * Rejects with ONEM2M_<rsc>, TIMEOUT, LINK_LOST, ...
   */
  establish(): Promise<'registered' | 'resumed'> {
    const attempt = this.attempt();
    this.underWay = attempt.then(
      () => undefined,
      () => undefined,
    );
    return attempt;
  }

  /** Whether the AE is at the CSE, as far as is known, once an attempt that is under way is over. */
  async isThere(): Promise<boolean> {
    await this.underWay;
    return this.isAccepted;
  }

  private async attempt(): Promise<'registered' | 'resumed'> {
    this.refuseSerialization();
    if (this.isAssigned) await this.context.listen(this.originator);
    const response = await this.create();
    if (isSuccess(response.rsc)) {
      this.wasResumed = false;
      await this.accept(response);
      return 'registered';
    }
    if (response.rsc === CONFLICT || response.rsc === ALREADY_REGISTERED) return this.resolveConflict(response);
    if (this.wasAssigned && REFUSES_ORIGINATOR.has(response.rsc)) {
      // The id of last time is not accepted any more: ask for a new one at the next attempt.
      await this.giveUpId();
    }
    const refusal = refusalOf(
      response,
      `registering ${this.context.config.ae.name} at ${this.context.config.cse.base}`,
    );
    if (refusal !== undefined) throw this.withDoubt(refusal, response.rsc);
    throw new DeviceError(ErrorCode.BAD_RESPONSE, `an answer to the registration with status ${response.rsc}`);
  }

  /** What a CSE that speaks JSON only says to CBOR is of no help: another error at each, or nothing. */
  private refuseSerialization(): void {
    const { config, peer } = this.context;
    if (config.serialization !== 'cbor' || peer.profile.speaksCbor) return;
    const text = `serialization: "cbor" is not possible, this CSE (${peer.profile.name}) speaks JSON only`;
    throw new DeviceError(ErrorCode.CONFIG, text, { advice: 'Set it to "json".' });
  }

  /** Of a CSE that is not known, CBOR may be what it does not understand. */
  private withDoubt(refusal: DeviceError, rsc: number): DeviceError {
    if (this.context.config.serialization !== 'cbor' || !NOT_UNDERSTOOD.has(rsc)) return refusal;
    const { code, message } = refusal;
    return new DeviceError(code, message, { advice: 'This CSE may speak JSON only: set serialization to "json".' });
  }

  /** Whether the CSE still knows the AE. Rejects where it does not answer. */
  async isKnown(timeoutMs: number): Promise<boolean> {
    const { response } = await this.retrieve({ timeoutMs });
    const isKnown = isSuccess(response.rsc) || !UNKNOWN_TO_CSE.has(response.rsc);
    this.isAccepted = isKnown;
    return isKnown;
  }

  /** Puts the end of its life off. Answers the new end, if there is one; rejects with ONEM2M_4004 where the CSE forgot us. */
  async refresh(lifetimeMs: number): Promise<void> {
    const { client, clock } = this.context;
    const et = toWholeSeconds(clock.now() + lifetimeMs, 'up');
    const { response } = await client.exchange({ op: OPERATIONS.update, to: this.address, pc: { [AE]: { et } } });
    throwIfRefused(response, `refreshing ${this.address}`);
    this.expiresAt = expiryOf(response) ?? clock.now() + lifetimeMs;
  }

  async deregister(signal?: AbortSignal): Promise<void> {
    const { response } = await this.context.client.exchange({ op: OPERATIONS.delete, to: this.address }, { signal });
    this.expiresAt = undefined;
    if (response.rsc !== NOT_FOUND) throwIfRefused(response, `deregistering ${this.address}`);
    this.isAccepted = false;
  }

  private get wasAssigned(): boolean {
    return this.isAssigned && UNASSIGNED.has(this.context.config.ae.originator);
  }

  /** The id that was assigned last time, where the flow leaves it to the CSE. */
  private async load(): Promise<void> {
    const remembered = (await this.context.store.load())?.originator;
    const { originator } = this.context.config.ae;
    if (UNASSIGNED.has(originator) && remembered?.startsWith(originator) === true) this.originator = remembered;
  }

  private async create(): Promise<ResponsePrimitive> {
    const variants = this.variants();
    for (const [index, { topic, srv }] of variants.entries()) {
      // Without `srv`: to OpenMTC, or to a CSE of which nothing is known but that it may be one.
      if (!this.isAssigned && !(srv && this.context.peer.profile.assignsIds)) this.originator = this.context.ownID;
      const draft = {
        op: OPERATIONS.create,
        to: this.context.config.cse.base,
        fr: this.originator,
        ty: AE_TYPE,
        pc: { [AE]: this.representation(srv) },
      };
      try {
        return (await this.context.client.exchange(draft, { registration: topic })).response;
      } catch (error) {
        const isLast = index === variants.length - 1;
        if (isLast || !(error instanceof DeviceError) || error.code !== ErrorCode.TIMEOUT) throw error;
      }
    }
    throw new DeviceError(ErrorCode.CONFIG, 'the profile of the CSE names no way to register');
  }

  /** All that the profile names, in turn; where nothing is known of the CSE, another one at each attempt. */
  private variants(): Variant[] {
    const { peer, config } = this.context;
    const { registration, sendsSrv } = peer.profile;
    if (config.binding !== 'mqtt') return [{ topic: 'req', srv: sendsSrv }];
    if (peer.name !== undefined) return registration.map((topic) => ({ topic, srv: sendsSrv }));
    const guesses: Variant[] = [
      { topic: 'reg_req', srv: true },
      { topic: 'req', srv: true },
      { topic: 'req', srv: false },
    ];
    return guesses.slice(this.attempts++ % guesses.length).slice(0, 1);
  }

  private representation(srv: boolean): Record<string, unknown> {
    const { ae, cse, registration } = this.context.config;
    return {
      rn: ae.name,
      api: ae.appID,
      ...this.changeable(),
      ...(srv ? { srv: [cse.release] } : {}),
      ...(registration.expiresMs > 0
        ? { et: toWholeSeconds(this.context.clock.now() + registration.expiresMs, 'up') }
        : {}),
    };
  }

  /** What may differ from an AE that exists already. */
  private changeable(): Record<string, unknown> {
    const { ae, notify, serialization } = this.context.config;
    const poa = notify.kind === 'poll' ? [] : this.context.pointOfAccess();
    return {
      rr: ae.requestReachability && notify.kind !== 'poll',
      ...(poa.length > 0 ? { poa } : {}),
      ...(ae.labels.length > 0 ? { lbl: ae.labels } : {}),
      ...(ae.announceTo.length > 0 ? { at: ae.announceTo } : {}),
      ...(ae.acpi.length > 0 ? { acpi: ae.acpi } : {}),
      // In what form the CSE is to send notifications (TS-0001 9.6.5, contentSerialization).
      ...(serialization === 'cbor' ? { csz: ['application/cbor'] } : {}),
    };
  }

  private async accept({ pc }: ResponsePrimitive): Promise<void> {
    const { config, store, clock, listen } = this.context;
    this.isAccepted = true;
    const ae = attributesOf(pc);
    const assigned = typeof ae['aei'] === 'string' && ae['aei'] !== '' ? ae['aei'] : this.originator;
    // A longer form of the same id, as configured, is what the CSE's access rules know.
    const isSame = this.originator.slice(this.originator.lastIndexOf('/') + 1) === assigned;
    if (!isSame) this.originator = assigned;
    this.expiresAt = expiryOf({ pc }) ?? this.assumedExpiry(clock.now());
    await listen(this.originator);
    if (UNASSIGNED.has(config.ae.originator)) await store.save({ originator: this.originator });
  }

  private assumedExpiry(now: number): number | undefined {
    const { expiresMs } = this.context.config.registration;
    return expiresMs > 0 ? now + expiresMs : undefined;
  }

  private async resolveConflict(conflict: ResponsePrimitive): Promise<'registered' | 'resumed'> {
    const { config } = this.context;
    const { onConflict } = config.registration;
    const what = `registering ${config.ae.name} at ${config.cse.base}`;
    if (onConflict === 'error' || !this.isAssigned) {
      throwIfRefused(conflict, this.isAssigned ? what : `${what}: the name may belong to another originator`);
    }
    if (onConflict === 'replace') {
      await this.deregister();
      const again = await this.create();
      throwIfRefused(again, what);
      await this.accept(again);
      return 'registered';
    }
    const { response } = await this.retrieve();
    if (response.rsc === NOT_FOUND && this.wasAssigned) {
      // The id of last time belongs to an AE of another name, which stays there until it expires.
      await this.giveUpId();
      return this.attempt();
    }
    this.wasResumed = true;
    await this.resume(what, conflict, response);
    return 'resumed';
  }

  private async giveUpId(): Promise<void> {
    this.originator = this.context.config.ae.originator;
    await this.context.store.clear();
  }

  /** Takes over what is there: the AE is ours, from before a restart. */
  private async resume(what: string, conflict: ResponsePrimitive, response: ResponsePrimitive): Promise<void> {
    const { client, clock, config } = this.context;
    if (!isSuccess(response.rsc)) throwIfRefused(conflict, `${what}: it exists, but cannot be resumed`);
    const present = attributesOf(response.pc);
    if (UNASSIGNED.has(String(present['aei']))) {
      const text = `${what}: it exists, with "${String(present['aei'])}" for an id, by which it cannot be notified`;
      const advice = 'Delete it at the CSE, or set registration.onConflict to "replace"; what is below it goes too.';
      throw new DeviceError(`ONEM2M_${CONFLICT}`, text, { advice });
    }
    const { expiresMs } = config.registration;
    const changed = {
      ...(await withoutSameReferences(changedAttributes(this.changeable(), present), present, client)),
      ...(expiresMs > 0 ? { et: toWholeSeconds(clock.now() + expiresMs, 'up') } : {}),
    };
    for (const pc of updatesFor(changed)) {
      const update = await client.exchange({ op: OPERATIONS.update, to: this.address, pc: { [AE]: pc } });
      throwIfRefused(update.response, `resuming ${this.address}`);
      Object.assign(present, pc, attributesOf(update.response.pc));
    }
    await this.accept({ rsc: response.rsc, rqi: response.rqi, pc: { [AE]: present } });
  }

  private retrieve(options?: ExchangeOptions): ReturnType<Client['exchange']> {
    return this.context.client.exchange({ op: OPERATIONS.retrieve, to: this.address }, options);
  }
}

/** Whether an answer to an AE that was registered may mean that the CSE has forgotten it. */
export const mayMeanForgotten = (rsc: number): boolean => UNKNOWN_TO_CSE.has(rsc);

function attributesOf(pc: unknown): Record<string, unknown> {
  const representation = unwrap(pc)?.representation;
  return typeof representation === 'object' && representation !== null ? { ...representation } : {};
}

/** `et` of a representation; ms since the epoch. */
export function expiryOf({ pc }: Pick<ResponsePrimitive, 'pc'>): number | undefined {
  const { et } = attributesOf(pc);
  return typeof et === 'string' ? fromTimestamp(et) : undefined;
}
