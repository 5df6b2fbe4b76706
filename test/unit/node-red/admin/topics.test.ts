import { describe, expect, it } from 'vitest';
import { findTopics } from '../../../../src/node-red/admin/topics';

const BROKERS = [
  { server: { host: '127.0.0.1', port: 1883 }, topics: ['plant/b', 'plant/a', 'Other'] },
  { server: { host: 'far', port: 8883 }, topics: ['far/plant'] },
];

describe('the topics for a text', () => {
  it('are those that contain it, sorted, each once', () => {
    expect(findTopics([...BROKERS, ...BROKERS], { contains: 'PLANT' })).toEqual(['far/plant', 'plant/a', 'plant/b']);
    expect(findTopics(BROKERS, { contains: 'oth' })).toEqual(['Other']);
    expect(findTopics(BROKERS, { contains: 'nowhere' })).toEqual([]);
  });

  it('are those of the chosen broker, if it is known', () => {
    expect(findTopics(BROKERS, { host: 'far', port: '8883' })).toEqual(['far/plant']);
    expect(findTopics(BROKERS, { host: 'localhost', port: '1883' })).toHaveLength(4);
  });

  it('are a hundred at most, whatever is asked', () => {
    const topics = Array.from({ length: 500 }, (_, index) => `t/${index}`);
    const many = [{ server: { host: 'h', port: 1 }, topics }];
    for (const query of [{}, { contains: ['a', 'b'] }, { contains: { $ne: '' }, host: 1, port: [] }]) {
      expect(findTopics(many, query)).toHaveLength(100);
    }
  });
});
