import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseModbusConfig } from '../../../../src/drivers/modbus/config/config';
import { readModbusList } from '../../../../src/drivers/modbus/lists';
import { planReads } from '../../../../src/drivers/modbus/plan/planner';

const FOLDER = new URL('../../../../templates/modbus/', import.meta.url);
const files = readdirSync(FOLDER);
const noYaml = () => {
  throw new Error('no YAML here');
};

describe('the templates of devices', () => {
  it('are of all kinds', () => {
    const kinds = files.map(
      (name) => (JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8')) as { kind: string }).kind,
    );
    expect(kinds.length).toBeGreaterThanOrEqual(10);
    for (const kind of ['one phase', 'three phases', 'inverter', 'heat pump', 'drive', 'I/O module']) {
      expect(
        kinds.filter((each) => each.includes(kind)),
        kind,
      ).not.toEqual([]);
    }
  });

  it.each(files)('%s names its source, and its properties are right and read in few requests', (name) => {
    const text = readFileSync(new URL(name, FOLDER), 'utf8');
    const template = JSON.parse(text) as Record<string, unknown>;
    for (const field of ['name', 'maker', 'kind', 'version', 'source']) {
      expect([field, template[field]]).toEqual([field, expect.stringMatching(/\S/)]);
    }
    const result = readModbusList(text, {}, noYaml);
    if (!result.ok) expect.unreachable(result.message);
    const properties = result.list.points.map(({ property }) => property);
    expect([result.list.format, result.list.questions]).toEqual(['properties', []]);
    const parsed = parseModbusConfig({ protocol: { tcp: { endpoint: 'h' } }, properties });
    expect([parsed.ok ? [] : parsed.problems, parsed.warnings ?? []]).toEqual([[], []]);
    if (!parsed.ok) return;
    const readable = parsed.value.properties.filter(({ accessMode }) => accessMode !== 'WriteOnly');
    expect(planReads(readable, parsed.value).length).toBeLessThanOrEqual(8);
    // Each place is in the list once.
    const places = parsed.value.properties.map(({ visitor }) => `${visitor.register} ${visitor.offset}`);
    expect(new Set(places).size).toBe(places.length);
  });
});
