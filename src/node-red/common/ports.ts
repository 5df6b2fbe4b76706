import type { Node } from 'node-red';
import { systemClock, type Ports } from '../../base/ports';

/** The real clock, real randomness, and the node's own log. */
export function portsOf(node: Node): Ports {
  return {
    clock: systemClock,
    random: Math.random,
    log: {
      debug: (message) => node.debug(message),
      info: (message) => node.log(message),
      warn: (message) => node.warn(message),
      error: (message) => node.error(message),
    },
  };
}

/** For what reports its troubles as events: its own lines go to the debug log, so that nothing is told twice. */
export function quietPortsOf(node: Node): Ports {
  const debug = (message: string): void => node.debug(message);
  return { ...portsOf(node), log: { debug, info: debug, warn: debug, error: debug } };
}
