import { UnitHealth } from './unit-health';

/** The units behind one link, by number. */
export class Units {
  private readonly units = new Map<number, UnitHealth>();

  get size(): number {
    return this.units.size;
  }

  get(unit: number): UnitHealth | undefined {
    return this.units.get(unit);
  }

  add(unit: number): void {
    if (!this.units.has(unit)) this.units.set(unit, new UnitHealth(unit));
  }

  remove(unit: number): void {
    this.units.delete(unit);
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
