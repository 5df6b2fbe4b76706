import { describe, expect, it } from 'vitest';
import { parsePublishOptions } from '../../../../src/mqtt/publishing/publish-settings.ts';

describe('publish settings', () => {
  it('have defaults', () => {
    const settings = { payload: 'octopus', when: 'sync', perProperty: false, availability: false, commands: false };
    expect(parsePublishOptions(undefined, 'publish')).toEqual({ ok: true, value: settings });
  });

  it('name each field that is wrong', () => {
    const result = parsePublishOptions({ payload: 'sparkplug', when: 'never', commands: 'yes' }, 'publish');
    expect(result.ok ? [] : result.problems.map(({ field }) => field)).toEqual([
      'publish.payload',
      'publish.when',
      'publish.commands',
    ]);
  });
});
