import type { ModelGroup, ModelPoint } from './models';
import { isNotImplemented } from './types';

/** A point at its place in a device. */
export interface PlacedPoint {
  readonly point: ModelPoint;
  /** Behind id and length, in registers. */
  readonly at: number;
  /** With the groups it is in, of which those that repeat have a number: `module.2.DCW`. */
  readonly path: string;
  /** Where its power of ten is, behind id and length; the power where the model says it itself. */
  readonly scale?: { readonly at: number } | { readonly power: number };
}

/** The points of a group and of those around it that have been placed, by their names. */
type Scope = ReadonlyMap<string, { readonly point: ModelPoint; readonly at: number }>;

/**
 * The points that a model has in a device which gives it these `registers` behind id and length. A model that is shorter than its definition has the
 * points that are there; what is beyond the definition is nobody's.
 */
export function layOut(root: ModelGroup, registers: readonly number[]): PlacedPoint[] {
  const layout = new Layout(registers);
  layout.place(root, 0, '', new Map());
  return layout.placed;
}

class Layout {
  readonly placed: PlacedPoint[] = [];

  constructor(private readonly registers: readonly number[]) {}

  /** Answers where the group ends. */
  place(group: ModelGroup, begin: number, prefix: string, outer: Scope): number {
    const scope = new Map(outer);
    let end = begin;
    for (const point of group.points) {
      scope.set(point.name, { point, at: end });
      end += point.size;
    }
    for (const point of group.points) {
      const at = scope.get(point.name)?.at ?? 0;
      if (at + point.size > this.registers.length) return this.registers.length;
      const scale = scaleOf(point, scope);
      this.placed.push({ point, at, path: `${prefix}${point.name}`, ...(scale === undefined ? {} : { scale }) });
    }
    for (const inner of group.groups) {
      const times = this.timesOf(inner, end, scope);
      for (let number = 1; number <= times && end < this.registers.length; number += 1) {
        const which = inner.count === undefined ? '' : `${number}.`;
        end = this.place(inner, end, `${prefix}${inner.name}.${which}`, scope);
      }
    }
    return end;
  }

  private timesOf(group: ModelGroup, at: number, scope: Scope): number {
    const { count } = group;
    if (count === undefined) return 1;
    if (typeof count === 'string') return this.numberIn(count, scope);
    return count === 0 ? Math.floor((this.registers.length - at) / sizeOf(group)) : count;
  }

  private numberIn(name: string, scope: Scope): number {
    const found = scope.get(name);
    const value = found === undefined ? undefined : this.registers[found.at];
    return found === undefined || value === undefined || isNotImplemented(found.point.type, [value]) ? 0 : value;
  }
}

function scaleOf({ scale }: ModelPoint, scope: Scope): PlacedPoint['scale'] {
  if (typeof scale === 'number') return { power: scale };
  const found = scale === undefined ? undefined : scope.get(scale);
  return found === undefined ? undefined : { at: found.at };
}

const sizeOf = ({ points, groups }: ModelGroup): number =>
  points.reduce((sum, { size }) => sum + size, 0) + groups.reduce((sum, group) => sum + sizeOf(group), 0);
