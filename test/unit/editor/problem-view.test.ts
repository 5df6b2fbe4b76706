import { describe, expect, it } from 'vitest';
import { problemsByItem } from '../../../src/editor/dialog/problem-view';

const problem = (field: string) => ({ field, message: `about ${field}` });

describe('problems of the items of a list', () => {
  it('sees paths from inside the item', () => {
    const byItem = problemsByItem('properties', [
      problem('properties[2].visitor.bit'),
      problem('properties[2]'),
      problem('properties[21].name'),
      problem('properties[21].orderOfOperations[0].value'),
    ]);
    expect([...byItem.keys()]).toEqual([2, 21]);
    expect(byItem.get(2)).toEqual([
      { field: 'visitor.bit', message: 'about properties[2].visitor.bit' },
      { field: '', message: 'about properties[2]' },
    ]);
    expect(byItem.get(21)?.map(({ field }) => field)).toEqual(['name', 'orderOfOperations[0].value']);
  });

  it('leaves the problems of the list itself and of others', () => {
    const others = ['properties', 'propertiesOf[1]', 'protocol.properties[1]', 'name'].map(problem);
    expect(problemsByItem('properties', others).size).toBe(0);
  });
});
