import { describe, expect, it } from 'vitest';
import { parsePublishOptions } from '../../../../src/mqtt/publishing/publish-settings.ts';

describe('publish settings', () => {
  it('have defaults', () => {
    const settings = {
      payload: 'octopus',
      when: 'sync',
      replay: 'inOrder',
      perProperty: false,
      availability: false,
      commands: false,
    };
    expect(parsePublishOptions(undefined, 'publish')).toEqual({ ok: true, value: settings });
  });

  it('leave to the QoS what becomes of a backlog, unless it is said', () => {
    expect(parsePublishOptions({ backlog: '', timestamp: '' }, 'publish')).toEqual(parsePublishOptions({}, 'publish'));
    const said = { backlog: 'latest', timestamp: 'at' };
    expect(parsePublishOptions(said, 'publish')).toMatchObject({ ok: true, value: said });
  });

  it('name each field that is wrong', () => {
    const raw = { payload: 'sparkplug', when: 'never', backlog: 'some', replay: 'random', commands: 'yes' };
    const result = parsePublishOptions(raw, 'publish');
    expect(result.ok ? [] : result.problems.map(({ field }) => field)).toEqual([
      'publish.payload',
      'publish.when',
      'publish.backlog',
      'publish.replay',
      'publish.commands',
    ]);
  });
});
