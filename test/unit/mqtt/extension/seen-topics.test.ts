import { describe, expect, it } from 'vitest';
import { SeenTopics } from '../../../../src/mqtt/extension/seen-topics';

describe('the topics that were seen', () => {
  it('are each there once, and at most 2000: the oldest goes', () => {
    const seen = new SeenTopics();
    for (let index = 0; index < 5000; index++) {
      seen.add(`plant/${index}`);
      seen.add(`plant/${index}`);
    }
    const topics = seen.list();
    expect(topics).toHaveLength(2000);
    expect([topics[0], topics.at(-1)]).toEqual(['plant/3000', 'plant/4999']);
  });
});
