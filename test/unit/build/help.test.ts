import { describe, expect, it } from 'vitest';

interface Help {
  helpParts: (text: string) => Map<string, string>;
  insertHelp: (
    text: string,
    parts: Map<string, string>,
    tell: { complain: (problem: string) => void; use?: (name: string) => void },
  ) => string;
}

const load = (name: string) => import(`../../../scripts/build/${name}.mjs`) as Promise<Help>;
const { helpParts, insertHelp } = await load('help');

const PARTS = helpParts(
  'For all.\n<!-- define: one -->\nOne of {columns}.\n<!-- define: both -->\n<!-- part: one -->\nTwo: `${NAME}` {"a": 1}.\n',
);

const insert = (text: string) => {
  const told: string[] = [];
  const used: string[] = [];
  const help = insertHelp(text, PARTS, {
    complain: (problem) => told.push(problem),
    use: (name) => used.push(name),
  });
  return { help, told, used };
};

describe('parts of the help', () => {
  it('are what stands between their names', () => {
    expect([...PARTS.keys()]).toEqual(['one', 'both']);
    expect(PARTS.get('one')).toBe('One of {columns}.\n');
  });

  it('come where they are named, with what is given, also to the parts in them', () => {
    expect(insert('A\n<!-- part: both columns="x, `y`" -->\nB\n')).toEqual({
      help: 'A\nOne of x, `y`.\nTwo: `${NAME}` {"a": 1}.\nB\n',
      told: [],
      used: ['both', 'one'],
    });
  });

  it('that are not there, or lack what they need, are told', () => {
    expect(insert('<!-- part: three -->\n').told).toEqual(['no part three in device.html']);
    expect(insert('<!-- part: one -->\n').told).toEqual(['part one needs columns="..."']);
  });
});
