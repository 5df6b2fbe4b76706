import { once } from 'node:events';

/** One entry of the editor's debug sidebar. Objects are told as JSON text, as the editor gets them. */
export interface DebugEntry {
  /** Id of the debug node. */
  readonly id: string;
  readonly msg: unknown;
}

/** What the debug nodes of a running Node-RED print, heard over the same channel as the editor's sidebar. */
export class DebugSidebar {
  private readonly entries: DebugEntry[] = [];
  private readonly watchers = new Set<() => void>();

  private constructor(private readonly socket: WebSocket) {
    socket.addEventListener('message', ({ data }) => {
      const received = [JSON.parse(String(data))].flat() as { topic: string; data: { id: string; msg: unknown } }[];
      for (const { topic, data: entry } of received) {
        if (topic === 'debug') this.entries.push({ id: entry.id, msg: parsed(entry.msg) });
      }
      for (const watch of [...this.watchers]) watch();
    });
  }

  /** Listens from now on; the caller must `close()` it. */
  static async open(nodeRedUrl: string): Promise<DebugSidebar> {
    const socket = new WebSocket(`${nodeRedUrl.replace(/^http/, 'ws')}/comms`);
    await once(socket as unknown as NodeJS.EventEmitter, 'open');
    socket.send(JSON.stringify({ subscribe: 'debug' }));
    return new DebugSidebar(socket);
  }

  /** The first entry of a debug node, of all so far or still to come, that satisfies `matches`. */
  async next(id: string, matches: (msg: unknown) => boolean = () => true, timeoutMs = 15_000): Promise<unknown> {
    const find = () => this.entries.find((entry) => entry.id === id && matches(entry.msg));
    const found = find();
    if (found !== undefined) return found.msg;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.watchers.delete(watch);
        const seen = this.entries.filter((entry) => entry.id === id).slice(-3);
        reject(
          new Error(`debug node ${id} printed no such message within ${timeoutMs} ms; last: ${JSON.stringify(seen)}`),
        );
      }, timeoutMs);
      const watch = () => {
        const entry = find();
        if (entry === undefined) return;
        clearTimeout(timer);
        this.watchers.delete(watch);
        resolve(entry.msg);
      };
      this.watchers.add(watch);
    });
  }

  /** All entries of a debug node so far. */
  all(id: string): unknown[] {
    return this.entries.flatMap((entry) => (entry.id === id ? [entry.msg] : []));
  }

  /** Forgets what was printed so far. */
  clear(): void {
    this.entries.length = 0;
  }

  close(): void {
    this.socket.close();
  }
}

function parsed(msg: unknown): unknown {
  if (typeof msg !== 'string') return msg;
  try {
    return JSON.parse(msg);
  } catch {
    return msg;
  }
}
