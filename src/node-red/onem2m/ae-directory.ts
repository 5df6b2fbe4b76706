import { join } from 'node:path';
import type { NodeAPI } from 'node-red';
import { userDirectoryOf } from '../common/user-directory';
import { AeFile } from './store';

/** The AE-IDs of deployed nodes, by node id; each answers undefined while it has none. */
const originators = new Map<string, () => string | undefined>();

/** Where the AE-IDs are kept over restarts. */
export const aeFolder = (RED: NodeAPI): string => join(userDirectoryOf(RED), 'devicelink', 'onem2m');

/** Tells the dialog of a deployed node its AE-ID, until the function it answers is called. */
export function enterAe(nodeId: string, originator: () => string | undefined): () => void {
  originators.set(nodeId, originator);
  // After a redeploy a new node may already stand there under the same id.
  return () => {
    if (originators.get(nodeId) === originator) originators.delete(nodeId);
  };
}

/** The AE-ID of a node: the one it has now, else the one that was kept. */
export async function knownOriginator(RED: NodeAPI, nodeId: string, uid: string): Promise<string | undefined> {
  const now = originators.get(nodeId)?.();
  if (now !== undefined && now !== 'C' && now !== 'S') return now;
  const quiet = (): void => undefined;
  return (await new AeFile({ directory: aeFolder(RED), uid, onProblem: quiet, warn: quiet }).load())?.originator;
}
