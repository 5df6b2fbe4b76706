/** How an admin endpoint says no. */
export const refusal = (code: string, message: string): object => ({ ok: false, error: { code, message } });
