import type { IClientOptions } from 'mqtt';

/** Packet identifiers are two bytes, and 0 is not one (MQTT 3.1.1, 2.3.1). */
const LAST_ID = 65_535;

/**
 * Packet identifiers of one session, over all its connections. MQTT.js's own providers start anew with each connection
 * and cannot be told to use an identifier again, which sending a QoS 2 message again demands (MQTT 3.1.1, 4.4).
 */
export class PacketIds implements NonNullable<IClientOptions['messageIdProvider']> {
  private readonly used = new Set<number>();
  private last = 0;
  private next: number | undefined;

  /** The next `allocate()` answers `id`. */
  resume(id: number): void {
    this.next = id;
  }

  /** Frees all but `ids`: what was pending on a connection that is gone. */
  keepOnly(ids: Iterable<number>): void {
    this.used.clear();
    for (const id of ids) this.used.add(id);
  }

  /** Null when all are in use. */
  allocate(): number | null {
    const id = this.next ?? this.findFree();
    this.next = undefined;
    if (id === null) return null;
    this.used.add(id);
    this.last = id;
    return id;
  }

  getLastAllocated(): number | null {
    return this.last === 0 ? null : this.last;
  }

  register(id: number): boolean {
    if (this.used.has(id)) return false;
    this.used.add(id);
    return true;
  }

  deallocate(id: number): void {
    this.used.delete(id);
  }

  /** MQTT.js calls this with each new connection; `keepOnly` decides instead what is free. */
  clear(): void {
    this.next = undefined;
  }

  private findFree(): number | null {
    if (this.used.size >= LAST_ID) return null;
    let id = this.last;
    do id = (id % LAST_ID) + 1;
    while (this.used.has(id));
    return id;
  }
}
