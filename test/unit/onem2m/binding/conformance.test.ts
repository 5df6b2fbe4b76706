import { beforeAll, describe, expect, it } from 'vitest';
import { record, TRANSPORTS, type Recorded } from '../../../support/onem2m/onem2m-conformance.ts';

const [MQTT, ...OTHERS] = TRANSPORTS;
const TIMEOUT_MS = 60_000;

/**
 * Moving a flow from one binding to another changes only the endpoint: each message, error and event is the same, member by member.
 * `acme` is the CSE whose answers tell most.
 */
describe.each(['generic', 'acme'] as const)('what a flow sees of a CSE (%s)', (flavour) => {
  let recordings: ReadonlyMap<string, PromiseSettledResult<readonly Recorded[]>>;

  // All at once: most of the time is spent waiting.
  beforeAll(async () => {
    const outcomes = await Promise.allSettled(TRANSPORTS.map((transport) => record(transport, flavour)));
    recordings = new Map(TRANSPORTS.flatMap(({ name }, index) => (outcomes[index] ? [[name, outcomes[index]]] : [])));
  }, TIMEOUT_MS);

  const recordingOf = (name: string): readonly Recorded[] => {
    const outcome = recordings.get(name);
    if (outcome?.status === 'fulfilled') return outcome.value;
    throw outcome?.reason;
  };

  it('over MQTT is what it should be', () => {
    const recorded = recordingOf(MQTT.name);
    const failures = recorded.filter(({ error, fails }) => error?.code !== fails);
    expect(failures.map(({ step, error, fails }) => ({ step, error, fails }))).toEqual([]);
    const problems = recorded.flatMap((step) => step.problems.map(({ code }) => code));
    // What this AE has not subscribed to, from itself and from another.
    expect(problems).toEqual(['ONEM2M_UNKNOWN_SUBSCRIPTION', 'ONEM2M_UNKNOWN_SUBSCRIPTION']);
    expect(recorded.at(-1)).toMatchObject({ step: 'faults of the CSE', result: [] });
  });

  it.each(OTHERS)('over $name is what it is over MQTT', ({ name }) => {
    const expected = recordingOf(MQTT.name);
    const recorded = recordingOf(name);
    for (const [index, step] of recorded.entries()) expect.soft(step).toStrictEqual(expected[index]);
    expect(recorded).toHaveLength(expected.length);
  });
});
