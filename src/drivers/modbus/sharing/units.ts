import { UnitHealth } from './unit-health';

/** The units behind one link, by number. */
export class Units {
  private readonly units = new Map<number, UnitHealth>();
  /** Of units that nobody uses now: a device that is away leaves after each attempt to connect, and is no stranger when it is back. */
  private readonly left = new Map<number, UnitHealth>();

  get size(): number {
    return this.units.size;
  }

  get(unit: number): UnitHealth | undefined {
    return this.units.get(unit);
  }

  add(unit: number): void {
    if (this.units.has(unit)) return;
    this.units.set(unit, this.left.get(unit) ?? new UnitHealth(unit));
    this.left.delete(unit);
  }

  remove(unit: number): void {
    const health = this.units.get(unit);
    if (health === undefined) return;
    // Who comes back asks anew whether it is there.
    health.linkLost();
    this.units.delete(unit);
    this.left.set(unit, health);
  }

  linkLost(): void {
    for (const unit of this.units.values()) unit.linkLost();
  }

  /** Nobody on this link answers that was asked for an answer. */
  get areAllSilent(): boolean {
    const asked = [...this.units.values()].filter(({ verdicts }) => verdicts > 0);
    return asked.length > 0 && asked.every((unit) => unit.isSilent);
  }

  get isAnyAnswering(): boolean {
    for (const unit of this.units.values()) if (unit.isAnswering) return true;
    return false;
  }

  isSilent(unit: number): boolean {
    return this.units.get(unit)?.isSilent === true;
  }

  isSuspect(unit: number): boolean {
    return this.units.get(unit)?.isSuspect === true;
  }

  /** This unit answered the last request it got. */
  isAnswering(unit: number): boolean {
    return this.units.get(unit)?.isAnswering === true;
  }
}
