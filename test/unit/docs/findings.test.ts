import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';

const FOLDER = join(dirname(dirname(dirname(import.meta.dirname))), 'findings');
const scripts = readdirSync(FOLDER).filter((file) => file !== 'README.md');

/** The form that findings/README.md asks for; whether they still hold is for a person to run. */
describe.each(scripts)('the finding %s', (script) => {
  const text = readFileSync(join(FOLDER, script), 'utf8');
  const header = /^(?:#.*\n)+/.exec(text)?.[0] ?? '';

  it('says what is expected, what happens, the version and the source', () => {
    expect(script).toMatch(/^[a-z0-9-]+\.sh$/);
    for (const part of [/most would expect/i, /what happens/i, /versions?:/i, /source/i]) expect(header).toMatch(part);
  });

  it('works in a folder of its own that it removes, with versions that are pinned', () => {
    expect(text).toMatch(/mktemp -d/);
    expect(text).toMatch(/trap .*rm -rf/);
    expect(text).not.toMatch(/@latest|registry\.|--registry|--index-url|:\/\/pypi/);
  });

  it('is in the list', () => {
    expect(readFileSync(join(FOLDER, 'README.md'), 'utf8')).toContain(`(${script})`);
  });
});
