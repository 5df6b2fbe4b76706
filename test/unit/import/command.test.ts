import { describe, expect, it } from 'vitest';
import { runCommand } from '../../../src/import/command.ts';

const FAN = `kind: DeviceLink
metadata: { name: fan }
spec:
  model: { kind: DummySpecialDevice }
  template: { spec: { protocol: { location: x }, gear: slow, "on": true } }
`;
const FILES: Readonly<Record<string, string>> = {
  'fan.yaml': FAN,
  'odd.yaml': FAN.replace('gear: slow', 'gear: slow, speed: 3'),
  'none.yaml': 'kind: Deployment\nmetadata: { name: web }',
};

async function run(...files: string[]) {
  let out = '';
  let error = '';
  const code = await runCommand(files, {
    out: (text) => (out += text),
    error: (text) => (error += text),
    read: (file) => {
      const text = FILES[file];
      return text === undefined ? Promise.reject(new Error('no such file')) : Promise.resolve(text);
    },
  });
  return { code, out, error };
}

describe('devicelink-import', () => {
  it('writes a flow, and says how many devices are in it', async () => {
    const { code, out, error } = await run('fan.yaml');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject([{ type: 'tab' }, { type: 'dummy-device', name: 'fan', gear: 'slow' }]);
    expect(error).toBe('1 device, 0 remarks\n');
  });

  it('tells what is not carried over, by its path, and ends with 1', async () => {
    const { code, out, error } = await run('odd.yaml');
    expect(code).toBe(1);
    expect(JSON.parse(out)).toHaveLength(2);
    expect(error).toContain('lost: DeviceLink default/fan: spec.template.spec.speed: ');
  });

  it('ends with 2 and writes nothing where there is no device, or no such file', async () => {
    expect(await run('none.yaml')).toMatchObject({ code: 2, out: '' });
    expect(await run('gone.yaml')).toMatchObject({
      code: 2,
      out: '',
      error: 'gone.yaml: cannot be read: no such file\n',
    });
    expect((await run()).error).toContain('usage: devicelink-import');
  });
});
