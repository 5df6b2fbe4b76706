/** Kinds of resources that a driver must not leave behind; others (file reads, the test runner's ports) come and go. */
const WATCHED = ['TCPSocketWrap', 'TCPServerWrap', 'TLSWrap', 'UDPWrap', 'PipeWrap', 'PipeServerWrap', 'Timeout'];

export type HandleCount = ReadonlyMap<string, number>;

/** How many sockets, servers, pipes and timers keep the process alive now. */
export function countHandles(): HandleCount {
  const count = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) {
    if (WATCHED.includes(kind)) count.set(kind, (count.get(kind) ?? 0) + 1);
  }
  return count;
}

/** Waits until no watched resource is more numerous than `before`; throws naming what is left over after `withinMs`. */
export async function expectNoNewHandles(before: HandleCount, withinMs = 2000): Promise<void> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const left = [...countHandles()]
      .filter(([kind, count]) => count > (before.get(kind) ?? 0))
      .map(([kind, count]) => `${count} ${kind} (before: ${before.get(kind) ?? 0})`);
    if (left.length === 0) return;
    if (Date.now() > deadline) throw new Error(`left open after ${withinMs} ms: ${left.join(', ')}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** `promise`, or an error saying that `what` has not settled after `ms`. */
export async function within<T>(promise: Promise<T>, ms: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} has not settled after ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
