/** What a node may take to close; Node-RED itself gives up after 15 s. */
export const CLOSE_DEADLINE_MS = 5000;

/** Settles when all of `work` has settled, at the latest after `ms`. Answers what failed, or that time ran out. */
export async function settleWithin(ms: number, work: readonly Promise<unknown>[]): Promise<string[]> {
  let timer: NodeJS.Timeout | undefined;
  const timeUp = new Promise<string[]>((resolve) => {
    timer = setTimeout(() => resolve([`not finished after ${ms} ms`]), ms);
  });
  const failures = Promise.allSettled(work).then((results) =>
    results.flatMap((result) => (result.status === 'rejected' ? [String(result.reason)] : [])),
  );
  try {
    return await Promise.race([failures, timeUp]);
  } finally {
    clearTimeout(timer);
  }
}

/** Whether `promise` settled within `ms`; its error is of no interest. */
export async function settlesWithin(ms: number, promise: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  const settled = promise.then(
    () => true,
    () => true,
  );
  try {
    return await Promise.race([settled, late]);
  } finally {
    clearTimeout(timer);
  }
}
