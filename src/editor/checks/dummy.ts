import { FieldReader } from '../../device/fields';
import type { Problem } from '../../device/kind';
import { readCommonProperty } from '../../device/property-config';
import { VALUE_TYPES } from '../../device/value-types';
import { checkDevice } from './device';

export const DUMMY_TYPES = VALUE_TYPES;
export const SIGNAL_SHAPES = ['random', 'sine', 'ramp', 'step', 'constant'] as const;

/** What is wrong with a dummy-device. */
export function checkDummyDevice(raw: Readonly<Record<string, unknown>>): readonly Problem[] {
  const reader = new FieldReader(raw);
  const kind = reader.oneOf('kind', ['special', 'protocol'], 'special');
  if (kind === 'special') {
    reader.oneOf('gear', ['slow', 'middle', 'fast'], 'slow');
    reader.boolean('on', true);
  } else {
    reader.object('signal').oneOf('shape', SIGNAL_SHAPES, 'random');
  }
  const faults = reader.object('faults');
  for (const name of ['connect', 'read', 'write']) {
    const share = faults.number(name, 0);
    if (share < 0 || share > 1) faults.fail(name, `must be from 0 (never) to 1 (always), got ${share}`);
  }
  faults.duration('delay', '0s');
  faults.duration('drop', '0s');
  checkDevice(reader, kind === 'special' ? [] : raw['properties'], (item, field) => {
    const property = new FieldReader(item, field);
    return property.check(
      readCommonProperty(property, { types: DUMMY_TYPES, typeRequired: true, defaultAccessMode: 'ReadWrite' }),
    );
  });
  return reader.problems;
}
