import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatNodeId, type NodeIdText, parseNodeId } from '../../../../src/drivers/opcua/address/node-address.ts';
import {
  formatBrowsePath,
  parseBrowsePath,
  type PathStep,
} from '../../../../src/drivers/opcua/address/node-address-path.ts';

const namespaceRef = fc.oneof(
  fc.record({ index: fc.integer({ min: 0, max: 65_535 }) }),
  fc.record({ uri: fc.string({ minLength: 1, unit: 'binary' }) }),
);
const base64 = fc.uint8Array().map((bytes) => Buffer.from(bytes).toString('base64'));
const identifier = fc.oneof(
  fc.record({ kind: fc.constant('i' as const), value: fc.integer({ min: 0, max: 4_294_967_295 }) }),
  fc.record({ kind: fc.constant('s' as const), value: fc.string({ minLength: 1, unit: 'grapheme' }) }),
  fc.record({ kind: fc.constant('g' as const), value: fc.uuid() }),
  fc.record({ kind: fc.constant('b' as const), value: base64 }),
);
const isTrimmed = (text: string): boolean => text === text.trim();

describe('NodeId', () => {
  it('comes back as it was formatted, whatever its namespace and identifier', () => {
    fc.assert(
      fc.property(fc.record({ namespace: namespaceRef, identifier }), (nodeId: NodeIdText) => {
        const text = formatNodeId(nodeId);
        fc.pre(text === text.trimStart());
        expect(parseNodeId(text)).toEqual({ ok: true, value: nodeId });
      }),
    );
  });

  it.each([
    ['ns=1;s=the.answer', { index: 1 }, { kind: 's', value: 'the.answer' }],
    ['i=2258', { index: 0 }, { kind: 'i', value: 2258 }],
    [' i=2258 ', { index: 0 }, { kind: 'i', value: 2258 }],
    [' ns=1;s= a b ', { index: 1 }, { kind: 's', value: ' a b ' }],
    ['ns=1,i=1005', { index: 1 }, { kind: 'i', value: 1005 }],
    ['ns=2;s=a;b=c,d', { index: 2 }, { kind: 's', value: 'a;b=c,d' }],
    [
      'ns=3;g=09087E75-8E5E-499B-954F-F2A9603DB28A',
      { index: 3 },
      { kind: 'g', value: '09087e75-8e5e-499b-954f-f2a9603db28a' },
    ],
    ['ns=1;b=M/RbKBsRVkePCePcx24oRA==', { index: 1 }, { kind: 'b', value: 'M/RbKBsRVkePCePcx24oRA==' }],
    ['nsu=http://example.org/a%3Bb%25;i=7', { uri: 'http://example.org/a;b%' }, { kind: 'i', value: 7 }],
  ])('reads %s', (text, namespace, id) => {
    expect(parseNodeId(text)).toEqual({ ok: true, value: { namespace, identifier: id } });
  });

  it.each([
    ['temperature', /must be a NodeId, such as/],
    ['ns=70000;i=1', /namespace index above 65535/],
    ['ns=2;i=4294967296', /whole number from 0 to 4294967295/],
    ['ns=2;i=-1', /whole number/],
    ['ns=2;s=', /name after "s="/],
    ['ns=2;g=09087e75', /GUID after "g="/],
    ['ns=2;b=*', /Base64 after "b="/],
    ['', /must be a NodeId/],
  ])('refuses %s and says why', (text, message) => {
    expect(parseNodeId(text)).toMatchObject({ ok: false, message: expect.stringMatching(message) });
  });
});

const step: fc.Arbitrary<PathStep> = fc
  .record({
    reference: fc.oneof(
      fc.constantFrom('/' as const, '.' as const),
      fc.record({ name: fc.constantFrom('HasComponent', 'Organizes', 'HasChild') }),
    ),
    isInverse: fc.boolean(),
    includeSubtypes: fc.boolean(),
    namespace: namespaceRef,
    name: fc.string({ minLength: 1, unit: 'binary' }),
  })
  .map((made) => (typeof made.reference === 'string' ? { ...made, isInverse: false, includeSubtypes: true } : made));

describe('browse path', () => {
  it('comes back as it was formatted, reserved characters in names included', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 5 }), (steps) => {
        const text = formatBrowsePath(steps);
        fc.pre(isTrimmed(text) && steps[0]?.name !== 'Root');
        expect(parseBrowsePath(text)).toEqual({ ok: true, value: steps });
      }),
    );
  });

  it('reads indexes, URIs, aggregates, reference types and escapes', () => {
    const parsed = parseBrowsePath('/Objects/2:Boiler.nsu=urn:x/y;Level<!HasComponent>3:a&/b');
    expect(
      parsed.ok &&
        parsed.value.map(({ reference, isInverse, namespace, name }) => [reference, isInverse, namespace, name]),
    ).toEqual([
      ['/', false, { index: 0 }, 'Objects'],
      ['/', false, { index: 2 }, 'Boiler'],
      ['.', false, { uri: 'urn:x/y' }, 'Level'],
      [{ name: 'HasComponent' }, true, { index: 3 }, 'a/b'],
    ]);
  });

  it('takes a path with and without the Root folder and the first slash as the same', () => {
    const expected = parseBrowsePath('/Objects/2:Boiler');
    expect(parseBrowsePath('/Root/Objects/2:Boiler')).toEqual(expected);
    expect(parseBrowsePath('Objects/2:Boiler')).toEqual(expected);
  });

  it.each([
    ['', /must be a browse path/],
    ['/Objects//x', /name at character 10/],
    ['/Objects/', /name at character/],
    ['/a<HasComponent', /close "<"/],
    ['/a<2:Own>b', /standard reference types/],
    ['/a&', /end with "&"/],
    ['/70000:a', /up to 65535/],
  ])('refuses %s and says why', (text, message) => {
    expect(parseBrowsePath(text)).toMatchObject({ ok: false, message: expect.stringMatching(message) });
  });
});
