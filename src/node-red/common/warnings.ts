import type { Node } from 'node-red';
import { describeProblems } from '../../base/fields/fields';
import type { Problem } from '../../base/fields/problems';

/** Distinct warnings remembered; the oldest is forgotten first. */
const REMEMBERED = 100;

/** What is worth knowing about a node's configuration and messages, in its log: each warning once. */
export class Warnings {
  private readonly told = new Set<string>();

  constructor(private readonly node: Node) {}

  tell(warnings: readonly Problem[]): void {
    for (const warning of warnings) {
      const text = describeProblems([warning]);
      if (this.told.has(text)) continue;
      const [oldest] = this.told;
      if (this.told.size >= REMEMBERED && oldest !== undefined) this.told.delete(oldest);
      this.told.add(text);
      this.node.warn(text);
    }
  }
}
