import { currentVersion, migrate, type Fields, type Migration } from '../../base/fields/migrations';
import { draftOf, type EditedNode } from './edited-node';

/** Properties of a node in their present form, with the version that this is: what saving then writes. */
export function presentForm(draft: Fields, migrations: readonly Migration[]): Record<string, unknown> {
  const { config, version } = migrate(draft, migrations);
  return { ...config, version };
}

/** Brings a node to its present form that was pasted or imported. Flows that are only loaded stay as they are. */
export function bringUp(node: EditedNode, migrations: readonly Migration[]): void {
  const before = draftOf(node);
  const now = presentForm(before, migrations);
  for (const name of Object.keys(before)) if (!Object.hasOwn(now, name)) Reflect.deleteProperty(node, name);
  for (const [name, value] of Object.entries(now)) if (value !== before[name]) node[name] = value;
}

/** Items of a list that somebody pasted, by the names of today: text has no version, so that only spellings can be changed. */
export function respelled(name: string, items: readonly Fields[], migrations: readonly Migration[]): readonly Fields[] {
  const { config } = migrate({ version: currentVersion(migrations), [name]: items }, migrations);
  return config[name] as readonly Fields[];
}
