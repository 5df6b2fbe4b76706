import { typeName } from '../../../src/onem2m/resource/resource-types';
import type { Dialog } from '../../../src/editor/dialog/dialog';
import type { Text } from '../../../src/editor/form/edited-node';
import { element } from '../../../src/editor/form/elements';
import { describeOutcome, wireTestButton, type Outcome } from '../../../src/editor/dialog/test-button';

/** The answer of `POST devicelink/onem2m/test`. */
interface CseReply extends Outcome {
  /** The CSE that was recognized. */
  readonly profile?: string;
  readonly cse?: {
    readonly id?: string;
    readonly base?: string;
    /** `IN`, `MN`, `ASN` */
    readonly type?: string | number;
    readonly releases?: readonly string[];
    readonly pointOfAccess?: readonly string[];
    readonly resourceTypes?: readonly (string | number)[];
  };
}

/** Retrieves the CSEBase with the settings in the dialog and shows what it is. */
export function createCseTest(dialog: Dialog, credentials: () => Record<string, string>): void {
  wireTestButton(dialog, 'onem2m/test', credentials, describe);
}

function describe(reply: CseReply, text: Text): HTMLElement[] {
  const parts = describeOutcome(reply, text);
  const { cse, profile } = reply;
  if (cse === undefined) return parts;
  const types = (cse.resourceTypes ?? []).map((type) => typeName(Number(type)));
  const facts: (readonly [string, string])[] = [
    [text('cse.id'), cse.id ?? ''],
    [text('cse.base'), cse.base ?? ''],
    [text('cse.type'), String(cse.type ?? '')],
    [text('cse.profile'), profile ?? ''],
    [text('cse.releases'), (cse.releases ?? []).join(', ')],
    [text('cse.pointOfAccess'), (cse.pointOfAccess ?? []).join(', ')],
    [text('cse.resourceTypes'), types.join(', ')],
  ];
  const lines = facts.filter(([, value]) => value !== '');
  return [
    ...parts,
    element(
      'dl',
      { class: 'devicelink-facts', 'data-cse': '' },
      ...lines.flatMap(([name, value]) => [element('dt', {}, name), element('dd', {}, value)]),
    ),
  ];
}
