import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { whenAborted } from '../../../src/base/abort-listeners';

describe('whenAborted', () => {
  it('calls all that listen, through one listener, and none that has stopped', () => {
    const controller = new AbortController();
    const called: string[] = [];
    const stop = ['a', 'b', 'c'].map((name) => whenAborted(controller.signal, () => called.push(name)));
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(1);
    stop[1]?.();
    controller.abort();
    expect(called).toEqual(['a', 'c']);
  });

  it('lets the signal go with the last that stops, and takes a new one', () => {
    const controller = new AbortController();
    const stop = [1, 2].map(() => whenAborted(controller.signal, () => undefined));
    for (const each of [...stop, ...stop]) each();
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
    let called = 0;
    whenAborted(controller.signal, () => called++);
    controller.abort();
    expect(called).toBe(1);
  });
});
