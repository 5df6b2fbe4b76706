interface Refusable {
  readonly ok?: boolean;
  readonly error?: { readonly message?: string };
}

/** What a failed jQuery request rejects with. */
interface Refusal {
  readonly responseJSON?: Refusable;
  readonly status?: number;
  readonly statusText?: string;
}

/**
 * Asks an admin endpoint (`opcua/browse`) of ours; rejects with an Error that says in words why it could not be asked.
 * By jQuery, because Node-RED adds the user's access token to its requests.
 */
export async function ask<T>(method: string, path: string, body?: object, timeout = 60_000): Promise<T> {
  try {
    return (await $.ajax({
      url: `devicelink/${path}`,
      method,
      timeout,
      ...(body === undefined ? {} : { contentType: 'application/json', data: JSON.stringify(body) }),
    })) as T;
  } catch (failure) {
    const { responseJSON, status = 0, statusText = '' } = failure as Refusal;
    throw new Error(responseJSON?.error?.message ?? `${status} ${statusText}`.trim(), { cause: failure });
  }
}

/** As `ask`; rejects also where the answer says `ok: false`. */
export async function demand<T>(method: string, path: string, body?: object, timeout?: number): Promise<T> {
  const reply = await ask<T & Refusable>(method, path, body, timeout);
  if (reply.ok === false) throw new Error(reply.error?.message ?? '');
  return reply;
}
