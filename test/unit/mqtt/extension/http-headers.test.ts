import { describe, expect, it } from 'vitest';
import { separated } from '../../../../src/editor/table/headers';
import { parseExtension, type ExtensionConfig } from '../../../../src/mqtt/extension/options';
import { observedClient } from '../../../../src/mqtt/extension/observed-status';
import type { Checked } from '../../../../src/base/fields/problems';

function parse(httpHeaders: object, secretHeaders: string): Checked<ExtensionConfig> {
  const raw = { client: { server: 'wss://broker.example/mqtt', httpHeaders }, message: { topic: { prefix: 'p' } } };
  const environment = { readFile: () => '', extensionId: 'ext', extensionUid: 'ext' };
  return parseExtension(raw, { secretHeaders }, environment);
}

describe('secret headers', () => {
  it('are sent beside the others, and never shown', () => {
    const parsed = parse({ 'X-Tenant': ['a'] }, 'Authorization: Bearer hunter2\n\nX-Site: hunter2\r\nX-Site: hunter3');
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    const { client, warnings } = parsed.value;
    const sent = { 'X-Tenant': ['a'], Authorization: ['Bearer hunter2'], 'X-Site': ['hunter2', 'hunter3'] };
    expect(client.httpHeaders).toEqual(sent);
    expect(observedClient(client, 'id', undefined).httpHeaders).toEqual({
      'X-Tenant': ['a'],
      Authorization: ['***'],
      'X-Site': ['***', '***'],
    });
    expect(warnings).toEqual([]);
  });

  it('in the flow are told', () => {
    expect(parse({ Authorization: 'Bearer hunter2' }, '').warnings).toEqual([
      {
        field: 'client.httpHeaders.Authorization',
        message: 'stands in the flow, and in what is exported: give it among the secret headers',
      },
    ]);
  });

  it.each([
    ['hunter2', 'line 1 must be a header as "Name: value"'],
    ['A: b\nUpgrade: hunter2', 'line 2 begins with what is set by the WebSocket handshake itself'],
    ['A b: hunter2', 'line 1 begins with what is not a name that an HTTP header can have'],
    ['A: hunter2\u0007', 'line 1 has a value that an HTTP header cannot have'],
  ])('that are none are refused without being shown: %j', (text, message) => {
    expect(parse({}, text)).toMatchObject({ ok: false, problems: [{ field: 'secretHeaders', message }] });
  });

  it('are found by their names when a dialog is saved', () => {
    const lines = [
      { name: 'X-Tenant', value: 'a' },
      { name: ' Authorization', value: 'Bearer x' },
      { name: 'Cookie', value: 'b' },
    ];
    expect(separated(lines)).toEqual({
      plain: [{ name: 'X-Tenant', value: 'a' }],
      secret: 'Authorization: Bearer x\nCookie: b',
    });
  });
});
