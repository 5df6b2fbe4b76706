import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderTopic } from '../../../../src/mqtt/client/topic';

const device = { namespace: 'default', name: 'test', uid: 'uid-xyz' };
const set = { path: 'path-xyz', operator: 'set' };
const status = { path: 'path-xyz', operator: 'status' };

describe('a static topic or a prefix (docs/facts/octopus.md#topics)', () => {
  it.each([
    [{ name: 'static/topic' }, 'static/topic'],
    [{ prefix: 'dynamic/topic', with: 'nn' as const }, 'dynamic/topic/default/test'],
    [{ prefix: 'dynamic/topic' }, 'dynamic/topic/default/test'],
    [{ prefix: 'dynamic/topic', with: 'uid' as const }, 'dynamic/topic/uid-xyz'],
    [{ name: 'static/topic', prefix: 'dynamic/topic', with: 'uid' as const }, 'static/topic'],
    [{ name: '', prefix: 'plant' }, 'plant/default/test'],
    [{ name: 'a' }, 'a'],
    [{ name: '$aws/things/a' }, '$aws/things/a'],
    [{ name: 'x', template: ':name' }, 'x'],
    [{ prefix: 'x', template: ':name' }, 'test'],
  ])('%j gives %s', (settings, topic) => {
    expect(renderTopic(settings, device)).toEqual({ ok: true, topic });
  });

  it.each([
    [{}, 'topic.prefix', /required/],
    [{ with: 'nn' as const }, 'topic.prefix', /required/],
    [{ name: '', prefix: '' }, 'topic.prefix', /required/],
    [{ prefix: 'a', with: 'name' as 'nn' }, 'topic.with', /nn or uid/],
    [{ prefix: 'a/+' }, 'topic.prefix', /wildcard \+/],
    [{ prefix: 'a/' }, 'topic.prefix', /end with/],
    [{ name: 'a/#' }, 'topic.name', /wildcard #/],
    [{ name: '$SYS/broker' }, 'topic.name', /\$SYS/],
    [{ name: 'a/' }, 'topic.name', /end with/],
    [{ name: 'a\0b' }, 'topic.name', /NUL/],
    [{ name: 'x'.repeat(65_536) }, 'topic.name', /65535 bytes/],
    [{ name: 'ä'.repeat(32_768) }, 'topic.name', /got 65536/],
    [{ template: '$SYS/:name' }, 'topic.template', /\$SYS/],
    [{ template: '/:/:nonsense/' }, 'topic.template', /empty topic/],
  ])('%j is an error of %s', (settings, field, message) => {
    expect(renderTopic(settings, device)).toEqual({ ok: false, field, message: expect.stringMatching(message) });
  });

  it.each([
    [{ ...device, name: '' }, 'name', /required/],
    [{ ...device, namespace: '' }, 'namespace', /required/],
    [{ ...device, name: 'a+b' }, 'name', /part of the topic and must not contain the wildcard \+/],
  ])('%j is an error of the device', (identity, field, message) => {
    const result = renderTopic({ prefix: 'p' }, identity);
    expect(result).toEqual({ ok: false, field, message: expect.stringMatching(message) });
  });

  it('needs the uid only where the topic has it', () => {
    const identity = { ...device, uid: '' };
    expect(renderTopic({ prefix: 'p' }, identity).ok).toBe(true);
    expect(renderTopic({ prefix: 'p', with: 'uid' }, identity)).toMatchObject({ ok: false, field: 'uid' });
  });
});

describe('a template (docs/facts/octopus.md#templates)', () => {
  it.each([
    ['cattle.io/octopus/:namespace/:name', set, 'cattle.io/octopus/default/test'],
    ['cattle.io/octopus/:uid', set, 'cattle.io/octopus/uid-xyz'],
    ['cattle.io/octopus/:namespace/ccc/:name/:path', set, 'cattle.io/octopus/default/ccc/test/path-xyz'],
    ['cattle.io/:operator/octopus/:namespace/ccc/:name/:path', set, 'cattle.io/set/octopus/default/ccc/test/path-xyz'],
    [
      'cattle.io/:operator/octopus/:namespace/ccc/:name/:path',
      status,
      'cattle.io/status/octopus/default/ccc/test/path-xyz',
    ],
    ['cattle.io////octopus///static', set, 'cattle.io/octopus/static'],
    [
      'cattle.io/:operator/octopus/:namespace/:name/:path',
      { path: '', operator: '_set_' },
      'cattle.io/_set_/octopus/default/test',
    ],
    [
      'cattle.io/octopus/:operator/device/:path/:uid',
      { path: 'region/ap' },
      'cattle.io/octopus/device/region/ap/uid-xyz',
    ],
    [
      'cattle.io/octopus/:operator/device/:path/:uid',
      { path: 'region/ap', operator: 'status' },
      'cattle.io/octopus/status/device/region/ap/uid-xyz',
    ],
    ['a/:operator/b', { operator: 'null' }, 'a/b'],
    ['/a/:/b/:unknown/', {}, 'a/b'],
    ['dev-:name', {}, 'dev-:name'],
    ['a/./b/../:path', { path: '../c' }, 'c'],
    ['a/:constructor', {}, 'a'],
  ])('%s with %j gives %s', (template, context, topic) => {
    expect(renderTopic({ template }, device, context)).toEqual({ ok: true, topic });
  });

  it('refuses a wildcard that comes from the device', () => {
    const result = renderTopic({ template: 'a/:name' }, { ...device, name: '#' });
    expect(result).toMatchObject({ ok: false, field: 'topic.template' });
  });
});

it('a rendered topic is never one that a broker refuses', () => {
  const text = fc.string({
    unit: fc.constantFrom('a', '/', '+', '#', '$', ':', '.', '\0', 'SYS', ':name'),
    maxLength: 6,
  });
  const settings = fc.record(
    { name: text, prefix: text, template: text, with: fc.constantFrom('nn' as const, 'uid' as const) },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(settings, fc.record({ namespace: text, name: text, uid: text }), (topic, identity) => {
      const result = renderTopic(topic, identity);
      if (result.ok) {
        expect(result.topic).not.toMatch(/[+#\0]|^$|\/$|^\$SYS(\/|$)/);
      } else {
        expect(result.message).not.toBe('');
        expect(result.field).toMatch(/^(topic\.(name|prefix|with|template)|name|namespace|uid)$/);
      }
    }),
    { numRuns: 1000 },
  );
});
