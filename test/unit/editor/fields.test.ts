import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { hasEnvironment, problemsToShow } from '../../../src/editor/form/environment';
import { fromInput, toInput } from '../../../src/editor/form/text-value';
import { isUid, newUid } from '../../../src/editor/form/uid';

describe('environment', () => {
  it('knows what the runtime replaces', () => {
    for (const text of ['${HOST}', '$(HOST)', ' ${A_1} ', 'tcp://${HOST}:1883'])
      expect(hasEnvironment(text)).toBe(true);
    for (const text of ['${}', 'tcp://$(HOST)', '${HOST', '$HOST', 5, undefined]) {
      expect(hasEnvironment(text)).toBe(false);
    }
  });

  it('leaves problems of fields from the environment to the runtime', () => {
    const raw = { protocol: { tcp: { endpoint: '${PLC}', workerID: 'x' } } };
    const endpoint = { field: 'protocol.tcp.endpoint', message: 'must be host:port' };
    const worker = { field: 'protocol.tcp.workerID', message: 'must be a number' };
    expect(problemsToShow(raw, [endpoint, worker])).toEqual([worker]);
  });
});

describe('input values', () => {
  it('stores numbers as numbers and keeps everything else', () => {
    expect(fromInput('12', 'number')).toBe(12);
    expect(fromInput(' -0.5 ', 'number')).toBe(-0.5);
    for (const text of ['${PORT}', '1e400', '012', '0x10', '', '1.']) expect(fromInput(text, 'number')).toBe(text);
    expect(fromInput('12', 'text')).toBe('12');
    expect(fromInput('{"a":1}', 'any')).toEqual({ a: 1 });
    expect(fromInput('{a', 'any')).toBe('{a');
  });

  it('shows what was stored', () => {
    fc.assert(
      fc.property(fc.oneof(fc.integer(), fc.string()), (value) => {
        expect(fromInput(toInput(value), typeof value === 'number' ? 'number' : 'text')).toBe(value);
      }),
    );
    expect(toInput(undefined)).toBe('');
    expect(toInput([1, 'a'])).toBe('[1,"a"]');
  });
});

describe('uid', () => {
  it('is a version 4 UUID of the random bytes', () => {
    expect(newUid((bytes) => bytes.fill(0xff))).toBe('ffffffff-ffff-4fff-bfff-ffffffffffff');
    expect(newUid((bytes) => bytes.fill(0))).toBe('00000000-0000-4000-8000-000000000000');
    expect(isUid(newUid())).toBe(true);
    expect(isUid('octopus')).toBe(false);
  });
});
