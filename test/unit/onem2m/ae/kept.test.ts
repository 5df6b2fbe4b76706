import { expect, it } from 'vitest';
import { KeptList } from '../../../../src/onem2m/ae/upkeep/kept.ts';

it('a wish that is taken back settles whoever waits for it', async () => {
  const list = new KeptList();
  const ensure = (): Promise<undefined> => Promise.resolve(undefined);
  list.add({ key: 'resource a', ensure, refresh: ensure });
  const waiting = list.whenPresent('resource a');
  list.remove('resource a');
  await expect(waiting).rejects.toMatchObject({ code: 'CLOSED', message: 'the resource a is not wished any more' });
  expect(list.missing()).toEqual([]);
});
