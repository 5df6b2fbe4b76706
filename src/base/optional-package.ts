import { DeviceError, ErrorCode } from './errors';

/**
 * Loads a package at its first use. `load` is the `import()` itself, so that the compiler knows the package's types:
 *
 *     const { WebSocket } = await loadPackage('ws', 'WebSocket connections', () => import('ws'));
 *
 * Rejects with PACKAGE_MISSING where it is not installed, and says what to do; with PACKAGE_FAILED where it is there and does
 * not load. Nothing is kept of a failure: the next call tries again.
 *
 * @param name the package, as npm knows it
 * @param purpose what needs it, as the subject of a sentence in the plural: `WebSocket connections`
 */
export async function loadPackage<T>(name: string, purpose: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    throw isMissing(cause, name) ? missing(name, purpose, cause) : broken(name, purpose, cause);
  }
}

/** `load`, done once for all who ask; after a failure, done again for the next. */
export function loadedOnce<T>(load: () => Promise<T>): () => Promise<T> {
  let loaded: Promise<T> | undefined;
  return () => {
    loaded ??= load().catch((error: unknown) => {
      loaded = undefined;
      throw error;
    });
    return loaded;
  };
}

/** Of this package, not of one that it needs itself: that one is another installation's fault. */
function isMissing(cause: unknown, name: string): boolean {
  if (!(cause instanceof Error)) return false;
  const { code, message } = cause as NodeJS.ErrnoException;
  return (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') && message.includes(`'${name}'`);
}

function missing(name: string, purpose: string, cause: unknown): DeviceError {
  return new DeviceError(ErrorCode.PACKAGE_MISSING, `${purpose} need the package ${name}, which is not installed`, {
    cause,
    advice: `run "npm install ${name}" in the user directory of Node-RED, then start it again`,
  });
}

/** The library's own text names files of the server: its code has to do. */
function broken(name: string, purpose: string, cause: unknown): DeviceError {
  const code: unknown = cause instanceof Error ? (cause as NodeJS.ErrnoException).code : undefined;
  const reason = typeof code === 'string' ? ` (${code})` : '';
  return new DeviceError(
    ErrorCode.PACKAGE_FAILED,
    `${purpose} need the package ${name}, which does not load${reason}`,
    {
      cause,
      advice: `run "npm rebuild ${name}", or install it again, in the user directory of Node-RED, then start it again`,
    },
  );
}
