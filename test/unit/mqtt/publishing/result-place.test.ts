import { describe, expect, it } from 'vitest';
import { resultPlace } from '../../../../src/mqtt/publishing/result-place';

const correlationData = Buffer.from([1, 2]);

describe('where the result of a command goes', () => {
  it('to its usual topic', () => {
    expect(resultPlace(undefined)).toEqual({ place: { suffix: 'set/result' } });
    expect(resultPlace({ contentType: 'x' })).toEqual({ place: { suffix: 'set/result' } });
  });

  it('to the response topic, with the correlation data', () => {
    expect(resultPlace({ responseTopic: 'answers/7', correlationData })).toEqual({
      place: { topic: 'answers/7', properties: { correlationData } },
    });
  });

  it.each(['a/+', '', '$SYS/x', 'plant/other/set', 'plant/other/speed/set', 'set'])(
    'not to %j, which is told',
    (responseTopic) => {
      const { place, problem } = resultPlace({ responseTopic, correlationData });
      expect(place).toEqual({ suffix: 'set/result', properties: { correlationData } });
      expect(problem).toMatchObject({ code: 'BAD_VALUE' });
      expect(problem?.message).toMatch(/^the result of a command goes to its usual topic: the response topic /);
    },
  );
});
