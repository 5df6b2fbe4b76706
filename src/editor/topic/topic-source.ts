import { ask } from '../form/ask';

/** The kind of plugin that Node-RED's own MQTT nodes ask for topics since 5.0 (@node-red/nodes, core/network/10-mqtt.html). */
const SOURCE_TYPE = 'node-red-mqtt-topic-autocomplete-source';
const SOURCE_ID = 'devicelink-mqtt-topics';

/** Offers the topics of our devices where a topic is typed into a node of Node-RED's own. Once, however often the script is loaded. */
export function offerTopics(): void {
  if (typeof RED === 'undefined' || RED.plugins.getPlugin(SOURCE_ID) !== undefined) return;
  RED.plugins.registerPlugin(SOURCE_ID, { type: SOURCE_TYPE, getCompletions: completions });
}

/** Never rejects: the topics of other sources would be lost with ours. */
async function completions(value: string): Promise<string[]> {
  const query = new URLSearchParams({ contains: value, ...chosenBroker() });
  try {
    return (await ask<{ topics: string[] }>('GET', `mqtt-topics?${query.toString()}`)).topics;
  } catch {
    return [];
  }
}

/** The broker that is chosen in the dialog, as its configuration node has it. */
function chosenBroker(): { host?: string; port?: string } {
  const id = $('#node-input-broker').val();
  const broker = typeof id === 'string' ? (RED.nodes.node(id) as Readonly<Record<string, unknown>> | null) : null;
  const { broker: host, port } = broker ?? {};
  return typeof host === 'string' && host !== '' ? { host, port: String(port) } : {};
}
