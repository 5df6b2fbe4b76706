import type { Node } from 'node-red';
import { EventEmitter } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { DeviceError } from '../../../../src/base/errors.ts';
import { Badge } from '../../../../src/node-red/common/badge.ts';
import { ErrorFunnel } from '../../../../src/node-red/common/error-funnel.ts';
import { errorOfFailures, FlowError, toFlowError } from '../../../../src/node-red/common/flow-error.ts';
import { whenFlowsStarted } from '../../../../src/node-red/common/flows-started.ts';
import { redact, secretsOf } from '../../../../src/node-red/common/secrets.ts';
import { FakeClock } from '../../../support/fakes/fake-clock.ts';
import { settleWithin } from '../../../../src/base/settle-within.ts';

function fakeNode() {
  return { type: 'dummy-device', status: vi.fn(), error: vi.fn(), log: vi.fn(), warn: vi.fn() };
}

describe('Badge', () => {
  const words = (key: string) =>
    ({ 'status.unhealthy': 'ohne Verbindung', 'status.healthy': 'in Ordnung' })[key] ?? key;

  it('shows a catalog key, which the editor translates, and the state for flows', () => {
    const node = fakeNode();
    new Badge(node as unknown as Node, words).show('healthy');
    expect(node.status.mock.calls).toEqual([
      [{ fill: 'green', shape: 'dot', text: 'status.healthy', state: 'healthy' }],
    ]);
  });

  it('shows the reason in words, shortened to one line, and its code', () => {
    const node = fakeNode();
    new Badge(node as unknown as Node, words).show('unhealthy', {
      code: 'TIMEOUT',
      message: `${'x'.repeat(80)}\nmore`,
    });
    expect(node.status).toHaveBeenCalledWith({
      fill: 'red',
      shape: 'ring',
      text: `ohne Verbindung: ${'x'.repeat(59)}…`,
      state: 'unhealthy',
      code: 'TIMEOUT',
    });
  });

  it('changes only when something changed', () => {
    const node = fakeNode();
    const badge = new Badge(node as unknown as Node, words);
    badge.show('healthy');
    badge.show('healthy');
    badge.show('healthy', { code: 'CONFIG', message: 'MQTT: wrong' }, 'warning');
    badge.show('healthy');
    expect(node.status.mock.calls.map(([status]) => [status.fill, status.text])).toEqual([
      ['green', 'status.healthy'],
      ['yellow', 'in Ordnung: MQTT: wrong'],
      ['green', 'status.healthy'],
    ]);
  });
});

describe('ErrorFunnel', () => {
  const refused = () => new DeviceError('CONNECT_FAILED', 'refused', { cause: new Error('socket') });

  it('tells the same error once and counts its repeats', () => {
    const node = fakeNode();
    const funnel = new ErrorFunnel(node as unknown as Node, () => ({ topic: 't' }));
    for (let i = 0; i < 4; i += 1) funnel.report('device', refused());
    funnel.report('mqtt', refused());
    expect(node.error).toHaveBeenCalledTimes(2);
    expect(node.error).toHaveBeenCalledWith(expect.objectContaining({ code: 'CONNECT_FAILED' }), { topic: 't' });
    funnel.recovered('device');
    expect(node.log.mock.calls).toEqual([['Over, after 3 more times: refused']]);
    funnel.report('mqtt', refused());
    expect(node.error).toHaveBeenCalledTimes(2);
    funnel.report('device', refused());
    expect(node.error).toHaveBeenCalledTimes(3);
  });

  it('takes texts that differ in a time, a port or a counter for the same error', () => {
    const node = fakeNode();
    const funnel = new ErrorFunnel(node as unknown as Node);
    for (let port = 40_000; port < 40_100; port += 1) {
      funnel.report(
        'device',
        new DeviceError('LINK_LOST', `the link from 127.0.0.1:${port} broke after ${port / 7} s`),
      );
    }
    expect(node.error).toHaveBeenCalledTimes(1);
  });

  it('tells trouble that comes and goes twice, then only counts it until it has stayed away', async () => {
    const node = fakeNode();
    const clock = new FakeClock();
    const funnel = new ErrorFunnel(node as unknown as Node, () => ({}), clock);
    for (let i = 0; i < 20; i += 1) {
      expect(funnel.report('device', refused())).toBe(i < 2);
      await clock.advance(5_000);
      funnel.recovered('device');
      funnel.recovered('device');
      await clock.advance(60_000);
    }
    expect(node.error).toHaveBeenCalledTimes(2);
    expect(node.warn.mock.calls).toEqual([
      ['refused: comes and goes, and is told again once it has stayed away for 5 minutes'],
    ]);
    expect(node.log).not.toHaveBeenCalled();
    await clock.advance(5 * 60_000);
    expect(node.log.mock.calls).toEqual([['Over, after 18 more times: refused']]);
    expect(clock.pending).toEqual([]);
    expect(funnel.report('device', refused())).toBe(true);
  });

  it('does not take trouble for one that comes and goes where hours are between', async () => {
    const node = fakeNode();
    const clock = new FakeClock();
    const funnel = new ErrorFunnel(node as unknown as Node, () => ({}), clock);
    for (let i = 0; i < 5; i += 1) {
      expect(funnel.report('device', refused())).toBe(true);
      funnel.recovered('device');
      await clock.advance(3_600_000);
    }
    expect(node.warn).not.toHaveBeenCalled();
  });

  it('leaves no timer behind', async () => {
    const node = fakeNode();
    const clock = new FakeClock();
    const funnel = new ErrorFunnel(node as unknown as Node, () => ({}), clock);
    for (let i = 0; i < 3; i += 1) {
      funnel.report('device', refused());
      funnel.recovered('device');
    }
    expect(clock.pending).toHaveLength(1);
    funnel.close();
    expect(clock.pending).toEqual([]);
    await clock.advance(3_600_000);
    expect(node.log).not.toHaveBeenCalled();
  });

  it('keeps a bounded memory', () => {
    const node = fakeNode();
    const funnel = new ErrorFunnel(node as unknown as Node);
    for (let i = 0; i < 60; i += 1) funnel.report('device', new DeviceError('X', `error ${i}`));
    funnel.report('device', new DeviceError('X', 'error 59'));
    expect(node.error).toHaveBeenCalledTimes(60);
    funnel.report('device', new DeviceError('X', 'error 0'));
    expect(node.error).toHaveBeenCalledTimes(61);
  });
});

describe('FlowError', () => {
  it('holds no live object and no stack, and reads as its message', () => {
    const error = toFlowError(
      new DeviceError('TIMEOUT', 'no answer', { cause: new Error('x'), advice: 'check the cable' }),
    );
    expect(error).toBeInstanceOf(FlowError);
    expect(String(error)).toBe('no answer (check the cable)');
    expect(error.code).toBe('TIMEOUT');
    expect(Object.hasOwn(error, 'cause')).toBe(false);
    expect(Object.hasOwn(error, 'stack')).toBe(false);
  });

  it('lists every property that failed, with the code they share', () => {
    const one = { name: 'a', code: 'READ_ONLY', message: 'is read-only' };
    const other = { name: 'b', code: 'BAD_VALUE', message: 'must be a number' };
    expect(errorOfFailures([one])).toMatchObject({ code: 'READ_ONLY', message: 'a: is read-only', cause: [one] });
    expect(errorOfFailures([one, other])).toMatchObject({
      code: 'SEVERAL',
      message: 'a: is read-only; b: must be a number',
      cause: [one, other],
    });
  });
});

describe('secrets', () => {
  it('are hidden wherever they stand in an answer', () => {
    const secrets = secretsOf({
      username: 'operator',
      password: 'hunter2!',
      keyFilePEM: 'BEGIN\nAAAABBBB\nEND',
      caFilePEM: '',
    });
    const answer = { a: ['operator says hunter2!'], b: { c: 'at AAAABBBB', d: 3, e: null }, f: 'END' };
    expect(redact(answer, secrets)).toEqual({ a: ['operator says ***'], b: { c: 'at ***', d: 3, e: null }, f: '***' });
  });
});

describe('whenFlowsStarted', () => {
  it('runs once, in order, with one listener for all, and not when given up', () => {
    const events = new EventEmitter();
    const seen: string[] = [];
    const giveUp = [1, 2, 3].map((n) => whenFlowsStarted(events, () => void seen.push(`node ${n}`)));
    giveUp[1]?.();
    expect(events.listenerCount('flows:started')).toBe(1);
    events.emit('flows:started');
    events.emit('flows:started');
    expect(seen).toEqual(['node 1', 'node 3']);
  });
});

describe('settleWithin', () => {
  it('waits for all and answers what failed', async () => {
    expect(await settleWithin(1000, [Promise.resolve(), Promise.reject(new Error('stuck'))])).toEqual(['Error: stuck']);
  });

  it('does not wait longer than its deadline', async () => {
    expect(await settleWithin(5, [new Promise(() => undefined)])).toEqual(['not finished after 5 ms']);
  });
});
