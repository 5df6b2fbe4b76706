import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { networkInterfaces } from 'node:os';

/** What name service may take. ms */
const LOOKUP_MS = 3000;
const LOOPBACK = '127.0.0.1';

/**
 * The address of this machine that a peer on `host` can reach it by: of the interface that leads there. No packet is sent to it
 * (to connect a UDP socket only asks the routing table). Where there is no way, the first address that is not loopback.
 */
export async function localAddressTowards(host: string, port: number): Promise<string> {
  const bare = host.replace(/^\[|\]$/g, '');
  const target = await resolveHost(bare);
  const local = target === undefined ? undefined : await sourceAddress(target, port);
  return local ?? firstAddress() ?? LOOPBACK;
}

interface Target {
  readonly address: string;
  readonly family: number;
}

async function resolveHost(host: string): Promise<Target | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), LOOKUP_MS);
  });
  try {
    return await Promise.race([lookup(host).catch(() => undefined), tooLong]);
  } finally {
    clearTimeout(timer);
  }
}

function sourceAddress({ address, family }: Target, port: number): Promise<string | undefined> {
  const socket = createSocket(family === 6 ? 'udp6' : 'udp4');
  return new Promise<string | undefined>((resolve) => {
    socket.once('error', () => resolve(undefined));
    socket.connect(port, address, () => resolve(socket.address().address));
  }).finally(() => socket.close());
}

function firstAddress(): string | undefined {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find(({ internal, family }) => !internal && family === 'IPv4')?.address;
}
