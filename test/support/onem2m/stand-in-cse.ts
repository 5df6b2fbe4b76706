import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ProfileName } from '../../../src/onem2m/binding/profile.ts';

/** A small CSE in this process, with the wire habits of a real one: `scripts/demo/cse`, whose types stand here. */
export interface CseOptions {
  /** `/in-cse-1`. */
  readonly id: string;
  /** Default `onem2m`. */
  readonly base?: string;
  /** Default `//openmtc.org`. */
  readonly spID?: string;
  readonly flavour?: ProfileName;
  readonly brokerUrl?: string;
  /** The broker keeps requests while the CSE is away (no clean session). */
  readonly keepsSession?: boolean;
  /** Port 0 or none: a free one. */
  readonly http?: { readonly port?: number };
  readonly websocket?: { readonly port?: number };
  /** The originator who may do everything. Default `CAdmin`. */
  readonly admin?: string;
  /** Registers there, over MQTT; requests for CSEs it does not know go there. */
  readonly registrar?: { readonly id: string; readonly base: string; readonly brokerUrl?: string };
  readonly remotes?: readonly { readonly id: string; readonly brokerUrl?: string }[];
  /** The time in ms; with a clock of your own, `tick()` makes it look. */
  readonly now?: () => number;
  readonly answerTimeoutMs?: number;
  readonly pollingMs?: number;
  readonly pendingMs?: number;
  readonly loopCap?: number;
}

export type Primitive = Readonly<Record<string, unknown>>;

export interface StoredResource {
  /** `onem2m/ae/container`. */
  readonly path: string;
  readonly ty: number;
  /** `m2m:cnt`. */
  readonly wrapper: string;
  readonly attributes: Primitive;
}

export interface StandInCse {
  readonly id: string;
  readonly base: string;
  /** `http://127.0.0.1:port`, while it speaks HTTP. */
  readonly httpUrl: string | undefined;
  readonly websocketUrl: string | undefined;
  /** What came in, newest last, at most 1000. */
  readonly requests: readonly {
    readonly transport: 'mqtt' | 'http' | 'ws';
    readonly isRegistration: boolean;
    readonly request: Primitive;
  }[];
  /** What went out by itself, at most 1000. */
  readonly notifications: readonly {
    readonly topic?: string;
    readonly url?: string;
    readonly channel?: string;
    readonly websocket?: string;
    readonly primitive: Primitive;
  }[];
  /** Errors of the simulator itself: none, if all is well. */
  readonly faults: readonly unknown[];
  /** How often a notification went to itself: ACME's loop. */
  readonly notifier: { readonly loops: number };
  resources(): StoredResource[];
  stop(): Promise<void>;
  /** Again on the same ports, with its resources. */
  start(): Promise<void>;
  /** As after a restart without storage. */
  forgetAll(): void;
  /** Removes what has expired, finds missing data. */
  tick(): void;
  /** Requests that match are done and not answered, until the function that it gives is called. */
  silence(predicate?: (request: Primitive) => boolean): () => void;
  /** Answers come so many ms later. */
  delay(ms: number | ((request: Primitive) => number)): void;
  /** Requests wait, undone, until the function that it gives is called. */
  hold(): () => void;
  answerTwice: boolean;
  /** So many answers are broken JSON. */
  garbage: number;
  /** A request that comes again (same `fr`, `rqi`) is answered again, not done again. */
  deduplicates: boolean;
  /** Notifications leave before the answer to the request that caused them. */
  notifiesFirst: boolean;
}

const DIRECTORY = join(dirname(dirname(dirname(import.meta.dirname))), 'scripts', 'demo', 'cse');

export async function startCse(options: CseOptions): Promise<StandInCse> {
  type Start = (options: CseOptions) => Promise<StandInCse>;
  const url = pathToFileURL(join(DIRECTORY, 'cse.mjs')).href;
  const module = (await import(/* @vite-ignore */ url)) as { readonly startCse: Start };
  return module.startCse(options);
}
