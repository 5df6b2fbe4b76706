import { Store } from 'mqtt';
import { describe, expect, it } from 'vitest';
import { PacketIds } from '../../../../src/mqtt/connection/session/packet-ids';
import { ServerSessions } from '../../../../src/mqtt/connection/session/server-sessions';
import { connectionOptions } from '../../../support/mqtt/mqtt-options';

const [one, two] = ['tcp://one:1', 'tcp://two:1'].map((url) => connectionOptions(url).server) as [
  ReturnType<typeof connectionOptions>['server'],
  ReturnType<typeof connectionOptions>['server'],
];

function sessions(): { ids: PacketIds; all: ServerSessions } {
  const ids = new PacketIds();
  const all = new ServerSessions(ids, () => undefined);
  for (const server of [one, two]) all.of(server, () => new Store());
  return { ids, all };
}

/** Which of these can be had at present. */
function free(ids: PacketIds, wanted: readonly number[]): number[] {
  const got: number[] = [];
  for (let id = ids.allocate(); id !== null; id = ids.allocate()) if (wanted.includes(id)) got.push(id);
  return got.sort((a, b) => a - b);
}

describe('the sessions of several servers', () => {
  it('keep what is under way with the same server, whose identifiers are not given to others', () => {
    const { ids, all } = sessions();
    expect(all.enter(one, 'none', [])).toBe(false);
    expect(all.enter(one, 'present', [3, 4])).toBe(true);
    expect(free(ids, [3, 4, 5])).toEqual([5]);
  });

  it('do not take over what is under way with another', () => {
    const { ids, all } = sessions();
    all.enter(one, 'none', []);
    expect(all.enter(two, 'present', [3, 4])).toBe(false);
    expect(free(ids, [3, 4, 5])).toEqual([3, 4, 5]);
  });

  it('leave alone what the first may still hold when it is used again', () => {
    const { ids, all } = sessions();
    all.enter(one, 'none', []);
    all.enter(two, 'none', [3, 4]);
    expect(all.enter(one, 'present', [7])).toBe(false);
    expect(free(ids, [3, 4, 7])).toEqual([7]);
    // Also after a loss of that connection, with what is under way then.
    expect(all.enter(one, 'present', [9])).toBe(true);
    expect(free(ids, [3, 4, 7, 9])).toEqual([7]);
  });

  it('give all identifiers again once the server has no session any more', () => {
    const { ids, all } = sessions();
    all.enter(one, 'none', []);
    all.enter(two, 'none', [3, 4]);
    all.enter(one, 'none', []);
    expect(free(ids, [3, 4])).toEqual([3, 4]);
  });

  it('have what was received and not released, each its own', () => {
    const { all } = sessions();
    const store = (): Store => new Store();
    expect(all.of(one, store)).toBe(all.of(one, store));
    expect(all.of(one, store)).not.toBe(all.of(two, store));
  });
});
