import type { Serialization } from '../../primitive/codec';
import type { BindingName } from '../../binding/binding';
import type { ContentFormat } from '../../resource/content';
import type { Endpoint } from '../../binding/endpoint';
import type { ProfileName } from '../../binding/profile';

/**
 * An `onem2m-ae`, checked (docs/contract.md#onem2m-ae); what reads it from the flow is parse-config.ts. Durations in ms. It holds no
 * secret but what an endpoint's URL holds: never log or show one.
 */
export interface AeConfig {
  readonly name: string;
  readonly endpoint: Endpoint;
  readonly binding: BindingName;
  readonly notify: NotifyConfig;
  readonly cse: {
    /** SP-relative, with its slash: `/mn-cse-1`; empty where not given. */
    readonly id: string;
    /** Name of the CSEBase: `onem2m`. */
    readonly base: string;
    /** `//sp.example`, or empty. */
    readonly spID: string;
    readonly release: string;
    readonly profile: ProfileName | 'auto';
  };
  readonly ae: {
    /** Resource name. */
    readonly name: string;
    /** `N...` or `R...` */
    readonly appID: string;
    /** `C` or `S`: the CSE assigns the id; else the AE's own. */
    readonly originator: string;
    readonly credentialID: string;
    readonly labels: readonly string[];
    /** Undefined: the binding's own. */
    readonly pointOfAccess?: readonly string[];
    readonly requestReachability: boolean;
    readonly announceTo: readonly string[];
    readonly acpi: readonly string[];
  };
  readonly registration: {
    /** Lifetime asked for; 0: as long as the CSE gives. */
    readonly expiresMs: number;
    /** Undefined: a minute before the end, or after three quarters of a short life. */
    readonly refreshMs?: number;
    /** How often the CSE is asked whether it still knows us; 0: never. */
    readonly checkMs: number;
    /** What to do when the AE exists already. */
    readonly onConflict: 'resume' | 'replace' | 'error';
    readonly onClose: 'deregister' | 'keep';
  };
  readonly serialization: Serialization;
  readonly timeoutMs: number;
  /** For mqtts, wss and https; certificates and keys are credentials. */
  readonly tls: {
    /** Empty: the host of the endpoint. */
    readonly serverName: string;
    readonly insecureSkipVerify: boolean;
  };
  /** MQTT: put before `/oneM2M/...`; usually empty. */
  readonly topicPrefix: string;
  readonly resources: readonly ResourceSpec[];
  readonly subscriptions: readonly SubscriptionSpec[];
  readonly discoveries: readonly DiscoverySpec[];
  readonly contentFormat: ContentFormat;
  readonly devices: DevicesConfig;
}

/** Where notifications come in: with the requests' binding, through a polling channel, or at an endpoint of their own. */
export type NotifyConfig =
  { readonly kind: 'same' } | { readonly kind: 'poll' } | { readonly kind: 'endpoint'; readonly endpoint: Endpoint };

/** A resource that is to exist while the AE is registered. */
export interface ResourceSpec {
  readonly ty: number;
  /** A target as of `Requester.resolve`: `devices/boiler` is below the AE. */
  readonly path: string;
  /** The name in front of its content: `m2m:cnt`, `cod:tempe`. */
  readonly wrapper: string;
  /** Attributes by short name, as sent. */
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly field: string;
}

/** A subscription that is to exist while the AE is registered. */
export interface SubscriptionSpec {
  /** A target as of `Requester.resolve`; empty: the AE itself. */
  readonly target: string;
  /** Resource name of the subscription, the same after each restart. */
  readonly name: string;
  /** The user has given the name; else what nobody can guess is added to it. */
  readonly isNamed: boolean;
  /** `net` values (TS-0004 6.3.4.2.19). */
  readonly events: readonly number[];
  /** `nct` value, or undefined for the CSE's default. */
  readonly content?: number;
  /** `nu` instead of the one that reaches this AE. */
  readonly targetUri?: string;
  /** Further attributes by short name (`bn`, `exc`, `ln`, `enc` members in `enc`). */
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly field: string;
}

/** A discovery that is repeated; what appears and disappears is told. */
export interface DiscoverySpec {
  readonly name: string;
  readonly target: string;
  readonly filter: Readonly<Record<string, unknown>>;
  readonly intervalMs: number;
  readonly field: string;
}

/** What becomes of messages of `*-device` nodes that are wired to the input. */
export interface DevicesConfig {
  /** `containers`: one container a property; `flexContainer`: one flexContainer a device; `off`: their messages are pushed like any other. */
  readonly mapping: 'containers' | 'flexContainer' | 'off';
  /** Below the AE; empty: the AE itself. */
  readonly root: string;
  readonly labels: readonly string[];
  /** `mni` of the property containers. */
  readonly maxInstances: number;
  /** Whether writable properties get a `<property>/commands` container whose contents are written to the device. */
  readonly commands: boolean;
  /** For `flexContainer`: its wrapper (`cod:tempe`) and containerDefinition; attribute names by property name. */
  readonly flexContainer: {
    readonly wrapper: string;
    readonly cnd: string;
    readonly attributes: Readonly<Record<string, string>>;
  };
}
