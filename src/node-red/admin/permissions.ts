import type { Request } from 'express';

/** What Node-RED's authentication leaves in a request that got past `needsPermission`; nothing where no `adminAuth` is set. */
interface Authenticated {
  readonly user?: unknown;
  readonly authInfo?: { readonly scope?: unknown };
}

/**
 * Whether the user of a request may also deploy: then nothing is kept from them that a node of theirs could do. By the rules of
 * Node-RED's `needsPermission` (@node-red/editor-api 5.0, lib/auth/permissions.js), which answers the request instead of a question.
 */
export function mayWriteFlows(request: Request): boolean {
  const { user, authInfo } = request as Authenticated;
  return user === undefined || user === null || allows(authInfo?.scope);
}

function allows(scope: unknown): boolean {
  if (Array.isArray(scope)) return scope.some(allows);
  return scope === '*' || scope === 'flows.write' || scope === 'write' || scope === '*.write';
}
