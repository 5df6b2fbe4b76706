import type { FieldReader } from '../../base/fields/fields';
import type { Durability } from '../store/store-settings';
import { OLDER_NAMES } from './migrations';

/** `client.store`, checked. Pure: also runs in the editor. */
export type StoreOptions =
  | { readonly type: 'memory' }
  | {
      readonly type: 'file';
      /** As it is given; empty: the usual one. */
      readonly directoryPrefix: string;
      readonly durability: Durability;
      /** Of topics and payloads, for each connection. */
      readonly maxBytes: number;
    };

/** 256 MiB: a day of a message of 3 KB each second, and what the card of a gateway can spare. */
const USUAL_BYTES = 268_435_456;
const LEAST_BYTES = 1_000_000;
const MOST_BYTES = 1_000_000_000_000;

/** Enough for a day of one message a second, and memory that a gateway has; on disk it is a matter of bytes. */
const MAX_CHANNEL_DEPTH = { memory: 100_000, file: 10_000_000 };

export function readStore(reader: FieldReader): StoreOptions {
  reader.tellOlder(OLDER_NAMES.store);
  const type = reader.oneOf('type', ['memory', 'file'], 'memory');
  const directoryPrefix = reader.string('directoryPrefix').trim();
  const durability = reader.oneOf('durability', ['always', 'interval'], 'always');
  const maxBytes = reader.integer('maxBytes', USUAL_BYTES, LEAST_BYTES, MOST_BYTES);
  if (type === 'file') return { type, directoryPrefix, durability, maxBytes };
  if (directoryPrefix !== '') reader.warn('directoryPrefix', 'has no effect with type memory');
  return { type };
}

/** Messages kept while the broker is away. */
export const readChannelDepth = (client: FieldReader, { type }: StoreOptions): number =>
  client.integer('messageChannelDepth', 100, 0, MAX_CHANNEL_DEPTH[type]);
