import type * as WebSockets from 'ws' with { 'resolution-mode': 'import' };
import { loadPackage } from '../../base/optional-package';

/** ws, at the first connection of either side. */
export function loadWebSockets(): Promise<typeof WebSockets> {
  return loadPackage('ws', 'WebSocket connections', () => import('ws'));
}
