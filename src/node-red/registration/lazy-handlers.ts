import type { RequestHandler } from 'express';

/**
 * Handlers that are loaded with the first request to one of them. One that comes while they cannot be loaded is a failure of the
 * server for whoever handles its errors; the next one tries again.
 */
export function lazyHandlers<Name extends string>(
  load: () => Promise<Readonly<Record<Name, RequestHandler>>>,
): (name: Name) => RequestHandler {
  let loading: ReturnType<typeof load> | undefined;
  const loaded = (): ReturnType<typeof load> => {
    loading ??= load().catch((error: unknown) => {
      loading = undefined;
      throw error;
    });
    return loading;
  };
  return (name) => (request, response, next) => {
    loaded().then((handlers) => void handlers[name](request, response, next), next);
  };
}
