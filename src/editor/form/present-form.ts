import { currentVersion, migrate, type Fields, type Migration } from '../../base/fields/migrations';
import { draftOf, type EditedNode } from './edited-node';

/** How the properties of a type are kept in a flow. */
export interface KeptForm {
  /** From earlier versions of the type to the present one, as the dialog has it. */
  readonly migrations: readonly Migration[];
  /** Only what a flow has otherwise than the dialog, in any version. Absent: it is the same. */
  readonly fromFlow?: (raw: Fields) => Fields;
  /** The reverse, which saving does. */
  readonly toFlow?: (draft: Fields) => Fields;
}

/** As it is: for types whose dialogs have what the flow has. */
export const asItIs = (fields: Fields): Fields => fields;

/** Properties of a node in their present form, with the version that this is: what the dialog has. */
export function presentForm(draft: Fields, { migrations }: KeptForm): Record<string, unknown> {
  const { config, version } = migrate(draft, migrations);
  return { ...config, version };
}

/** Brings a node to its present form that was pasted or imported. Flows that are only loaded stay as they are. */
export function bringUp(node: EditedNode, kept: KeptForm): void {
  const before = draftOf(node);
  const { toFlow = asItIs } = kept;
  const now = toFlow(presentForm(before, kept));
  for (const name of Object.keys(before)) if (!Object.hasOwn(now, name)) Reflect.deleteProperty(node, name);
  for (const [name, value] of Object.entries(now)) if (value !== before[name]) node[name] = value;
}

/** Items of a list that somebody pasted, by the names of today: text has no version, so that only spellings can be changed. */
export function respelled(name: string, items: readonly Fields[], { migrations }: KeptForm): readonly Fields[] {
  const { config } = migrate({ version: currentVersion(migrations), [name]: items }, migrations);
  return config[name] as readonly Fields[];
}
