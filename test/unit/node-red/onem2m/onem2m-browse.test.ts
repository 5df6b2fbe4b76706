import { afterEach, describe, expect, it } from 'vitest';
import { browse } from '../../../../src/node-red/onem2m/look.ts';
import { withCse } from '../../../../src/node-red/onem2m/session.ts';
import type { ProfileName } from '../../../../src/onem2m/binding/profile.ts';
import { parseAeConfig } from '../../../../src/onem2m/ae/parse/parse-config.ts';
import { FlavourBench } from '../../../support/onem2m/flavour-bench.ts';

let bench: FlavourBench;

afterEach(() => bench.stop());

/** The children of `to` as the dialog is told them. */
function childrenOf(to: string, endpoint: string, profile: ProfileName | 'auto'): Promise<unknown[]> {
  const parsed = parseAeConfig({ endpoint, cse: { base: 'onem2m', profile }, ae: { name: 'dialog' } });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const options = { config: parsed.value, credentials: {}, originator: 'CAdmin', timeoutMs: 1000, files: [] };
  const { signal } = new AbortController();
  return withCse(options, async (look) =>
    (await browse(look, to, 0, signal)).children.map(({ address, type }) => [address, type]),
  );
}

describe.each(['openmtc', 'tinyiot', 'acme', 'mobius4'] as const)('the tree of %s', (flavour) => {
  it.each([
    ['mqtt', 'auto'],
    ['http', 'auto'],
    ['mqtt', flavour],
  ] as const)('is shown level by level, by names and types, over %s, known as %s', async (binding, profile) => {
    bench = await FlavourBench.start(flavour);
    await bench.startAe({
      resources: [
        { ty: 'container', path: 'hall' },
        { ty: 'container', path: 'hall/deep' },
        { ty: 'container', path: 'hall/deep/er' },
      ],
    });
    const endpoint = binding === 'mqtt' ? bench.mqtt : (bench.cse.httpUrl ?? '');
    expect(await childrenOf('onem2m', endpoint, profile)).toEqual([['onem2m/app', 'AE']]);
    expect(await childrenOf('onem2m/app', endpoint, profile)).toEqual([['onem2m/app/hall', 'container']]);
    expect(await childrenOf('onem2m/app/hall', endpoint, profile)).toEqual([['onem2m/app/hall/deep', 'container']]);
  });
});
