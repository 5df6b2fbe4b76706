import type { EditedNode } from './edited-node';
import { newUid } from './uid';

let isLoaded = false;
RED.events.on('flows:loaded', () => {
  isLoaded = true;
});

/** Whether another device in the flows has this uid. */
export function isTaken(uid: string, node: EditedNode): boolean {
  let taken = false;
  RED.nodes.eachNode((other) => {
    const { id, uid: otherUid } = other as { id: string; uid?: unknown };
    taken ||= id !== node.id && otherUid === uid;
    return !taken;
  });
  return taken;
}

/**
 * A device from the palette gets its uid; a pasted copy gets another than its original. Flows that are loaded stay as they are:
 * opening the editor must not change them.
 */
export function giveUid(node: EditedNode): void {
  const isCopy = isLoaded && typeof node['uid'] === 'string' && isTaken(node['uid'], node);
  if (node['uid'] === '' || isCopy) node['uid'] = newUid();
}
