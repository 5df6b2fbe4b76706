import { OPERATIONS } from '../../primitive/primitives';
import { unwrap } from '../../resource/resource-types';
import { isSuccess } from '../../primitive/status-codes';
import type { Exchange, RequestDraft } from '../../exchange/requester';

interface Asking {
  exchange(draft: RequestDraft): Promise<Exchange>;
}

/** Attributes whose values are addresses of other resources. CSEs may keep resource ids in their place. */
export const REFERENCES = ['acpi', 'mid', 'macp'] as const;

/**
 * `changed` without the references that `present` has under other names: they are looked up at the CSE, lest rights are asked
 * for that only a real change needs.
 */
export async function withoutSameReferences(
  changed: Readonly<Record<string, unknown>>,
  present: Readonly<Record<string, unknown>>,
  client: Asking,
): Promise<Record<string, unknown>> {
  const same = new Set<string>();
  for (const name of REFERENCES) {
    const wanted = textsIn(changed[name]);
    const ids = textsIn(present[name])?.map(lastPart);
    if (wanted === undefined || ids?.length !== wanted.length) continue;
    const found = await Promise.all(wanted.map((address) => resourceId(address, client)));
    if (found.every((id) => id !== undefined && ids.includes(id))) same.add(name);
  }
  return Object.fromEntries(Object.entries(changed).filter(([name]) => !same.has(name)));
}

/** What to send to change `changed`: `acpi` goes alone (TS-0004 7.4.1, and ACME insists), and last, lest it takes the right to the rest. */
export function updatesFor(changed: Readonly<Record<string, unknown>>): Record<string, unknown>[] {
  const { acpi, ...others } = changed;
  return [...(Object.keys(others).length > 0 ? [others] : []), ...(acpi === undefined ? [] : [{ acpi }])];
}

async function resourceId(address: string, client: Asking): Promise<string | undefined> {
  const { response } = await client.exchange({ op: OPERATIONS.retrieve, to: address });
  if (!isSuccess(response.rsc)) return undefined;
  const representation = unwrap(response.pc)?.representation as Readonly<Record<string, unknown>> | null | undefined;
  const ri = representation?.['ri'];
  return typeof ri === 'string' ? lastPart(ri) : undefined;
}

function textsIn(value: unknown): readonly string[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const list: unknown[] = value;
  return list.every((item) => typeof item === 'string') ? list : undefined;
}

const lastPart = (address: string): string => address.slice(address.lastIndexOf('/') + 1);
