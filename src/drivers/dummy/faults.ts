import type { FieldReader } from '../../base/fields/fields';

/** What goes wrong on purpose. The chances are 0 (never) to 1 (always). */
export interface Faults {
  /** That an attempt to connect fails. */
  readonly connect: number;
  /** That a property is read badly; drawn for each property. */
  readonly read: number;
  /** That a write is refused; drawn for each property. */
  readonly write: number;
  /** Before every answer; 0: none. */
  readonly delayMs: number;
  /** After this time connected the link is lost; undefined: never. */
  readonly dropMs?: number;
}

export function readFaults(reader: FieldReader): Faults {
  return {
    connect: readChance(reader, 'connect'),
    read: readChance(reader, 'read'),
    write: readChance(reader, 'write'),
    delayMs: reader.duration('delay', '0s'),
    ...(reader.given('drop') === undefined ? {} : { dropMs: reader.duration('drop', '1m', 1) }),
  };
}

function readChance(reader: FieldReader, name: string): number {
  const chance = reader.number(name, 0);
  if (chance >= 0 && chance <= 1) return chance;
  reader.fail(name, `must be from 0 (never) to 1 (always), got ${chance}`);
  return 0;
}
