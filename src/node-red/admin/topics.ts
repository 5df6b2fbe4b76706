import type { NodeAPI } from 'node-red';
import type { ServerUrl } from '../../mqtt/client/server-url';
import { EXTENSION_TYPE, isExtensionNode } from '../common/mqtt-users';

export interface TopicsOfBroker {
  readonly server: Pick<ServerUrl, 'host' | 'port'>;
  readonly topics: readonly string[];
}

/** As many as a menu can show. */
const MOST_FOUND = 100;

/** The topics that went through the connections of all deployed extensions. */
export function seenTopics(RED: NodeAPI): TopicsOfBroker[] {
  const found: TopicsOfBroker[] = [];
  RED.nodes.eachNode(({ id, type }) => {
    const node: unknown = type === EXTENSION_TYPE ? RED.nodes.getNode(id) : undefined;
    if (isExtensionNode(node)) found.push(...node.seenTopics());
  });
  return found;
}

/**
 * The topics that contain a text, in whatever case, in the order of the alphabet; 100 at most. Of the broker at `host` and `port` alone
 * where anything of it is known, else of all: the same broker may have another name.
 */
export function findTopics(
  brokers: readonly TopicsOfBroker[],
  query: { readonly contains?: unknown; readonly host?: unknown; readonly port?: unknown },
): string[] {
  const contains = typeof query.contains === 'string' ? query.contains.toLowerCase() : '';
  const ofBroker = brokers.filter(({ server }) => server.host === query.host && String(server.port) === query.port);
  const all = new Set((ofBroker.length > 0 ? ofBroker : brokers).flatMap(({ topics }) => topics));
  return [...all]
    .filter((topic) => topic.toLowerCase().includes(contains))
    .sort()
    .slice(0, MOST_FOUND);
}
