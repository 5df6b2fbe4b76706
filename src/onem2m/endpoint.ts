import type { ServerUrl } from '../mqtt/server-url';

/** `mqtt://user:pw@host:1883#mn-cse-1`, taken apart. Pure: also runs in the editor. */
export interface Endpoint {
  readonly scheme: 'mqtt' | 'mqtts' | 'ws' | 'wss' | 'http' | 'https';
  readonly host: string;
  readonly port: number;
  /** Path of an HTTP or WebSocket address, with its slash and without one at the end; else empty. */
  readonly path: string;
  /** The fragment with a slash in front: the CSE that receives the requests (`/mn-cse-1`). Empty where there is none. */
  readonly cseID: string;
  readonly username?: string;
  readonly password?: string;
  /** For messages: without user and password. */
  readonly text: string;
  /** The same as an address of a broker, for mqtt, mqtts, ws and wss. */
  readonly server?: ServerUrl;
}
