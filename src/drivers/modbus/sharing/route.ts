import { realpathSync } from 'node:fs';
import type { Clock } from '../../../base/ports';
import { formatTcpEndpoint } from '../../../net/endpoint';
import type { OpenChannel } from '../channel/channel';
import { openSerialChannel } from '../channel/serial-channel';
import { openTcpChannel } from '../channel/tcp-channel';
import { openTlsChannel } from '../channel/tls-channel';
import { openUdpChannel } from '../channel/udp-channel';
import type { LineFraming, ModbusLink, SerialLink, SerialSettings } from '../config/link';
import { asciiFraming } from '../framing/ascii';
import type { Framing } from '../framing/framing';
import { mbap } from '../framing/mbap';
import { mbapDatagrams } from '../framing/mbap-datagrams';
import { rtuFraming, type LineOptions } from '../framing/rtu';

/** Over what a peer is reached, and how requests are packed for it. */
export interface Route {
  /** For messages: `127.0.0.1:502`, `/dev/ttyUSB0`. */
  readonly name: string;
  readonly open: OpenChannel;
  readonly framing: Framing;
  /** Silence between two frames; ms. */
  readonly silenceMs: number;
  /** After a broadcast; ms. */
  readonly turnaroundMs: number;
  /** There is no connection that a peer could have lost: silence is no reason to make it anew, and it hears from the first moment. */
  readonly isLine: boolean;
  /** What is sent, and what is answered, may be lost on the way. */
  readonly isLossy: boolean;
  /** What all users of the same route must agree about; in words. */
  readonly settings: string;
}

/** The shortest silence in front of a frame: 3.5 characters, and 1.75 ms above 19200 baud (MODBUS over Serial Line V1.02, section 2.5.1.1). */
const SILENT_CHARACTERS = 3.5;
const FASTEST_BY_CHARACTERS = 19_200;
const FIXED_SILENCE_MS = 1.75;

const FRAMINGS: Readonly<Record<LineFraming, (options: LineOptions) => Framing>> = {
  rtu: rtuFraming,
  ascii: asciiFraming,
};

/** What two devices have in common that share a connection; not for messages, since it holds secrets. */
export function routeKey(link: ModbusLink): string {
  if (link.kind === 'serial') return `serial ${realPort(link.path)}`;
  const endpoint = formatTcpEndpoint(link.endpoint);
  switch (link.kind) {
    case 'tcp':
      return `tcp ${link.framing} ${endpoint}`;
    case 'tls':
      return `tls ${endpoint} ${JSON.stringify(link.tls)}`;
    case 'udp':
      return `udp ${endpoint}`;
  }
}

export function routeOf(link: ModbusLink, clock: Clock): Route {
  if (link.kind === 'serial') return serialRoute(link, clock);
  const { endpoint } = link;
  const name = formatTcpEndpoint(endpoint);
  const usual = { name, silenceMs: 0, turnaroundMs: 0, isLine: false, isLossy: false, settings: '' };
  switch (link.kind) {
    case 'tcp': {
      const framing = link.framing === 'mbap' ? mbap : FRAMINGS[link.framing]({ echo: false });
      return { ...usual, framing, open: (signal) => openTcpChannel(endpoint, signal) };
    }
    case 'tls':
      return { ...usual, framing: mbap, open: (signal) => openTlsChannel(endpoint, link.tls, signal) };
    case 'udp':
      return { ...usual, framing: mbapDatagrams, isLossy: true, open: (signal) => openUdpChannel(endpoint, signal) };
  }
}

function serialRoute(link: SerialLink, clock: Clock): Route {
  const { path, framing, echo, turnaroundMs } = link;
  return {
    name: path,
    open: (signal) => openSerialChannel(link, clock, signal),
    framing: FRAMINGS[framing]({ echo }),
    silenceMs: silenceOf(link),
    turnaroundMs,
    isLine: true,
    isLossy: false,
    settings: lineSettings(link),
  };
}

/** `19200 8E1 rtu`: what all devices on a line must have alike. */
export const lineSettings = (link: SerialLink): string => {
  const { baudRate, dataBits, parity, stopBits, framing, echo } = link;
  return `${baudRate} ${dataBits}${parity}${stopBits} ${framing}${echo ? ' echo' : ''}`;
};

/** ms */
export function silenceOf({ baudRate, dataBits, parity, stopBits }: SerialSettings): number {
  if (baudRate > FASTEST_BY_CHARACTERS) return FIXED_SILENCE_MS;
  const bits = 1 + dataBits + (parity === 'N' ? 0 : 1) + stopBits;
  return (SILENT_CHARACTERS * bits * 1000) / baudRate;
}

/** A port has several names (/dev/serial/by-id/...); it is one line. */
function realPort(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
