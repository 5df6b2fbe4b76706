import type { Node, NodeStatus, NodeStatusFill, NodeStatusShape } from 'node-red';
import type { ErrorInfo } from '../../base/errors';
import type { DeviceState } from '../../base/device-state';

export type BadgeState = DeviceState | 'misconfigured';

const LOOKS: Readonly<Record<BadgeState, readonly [NodeStatusFill, NodeStatusShape]>> = {
  idle: ['grey', 'ring'],
  connecting: ['yellow', 'ring'],
  healthy: ['green', 'dot'],
  degraded: ['yellow', 'dot'],
  unhealthy: ['red', 'ring'],
  disconnected: ['grey', 'ring'],
  closed: ['grey', 'ring'],
  misconfigured: ['red', 'dot'],
};

/** Longer reasons would run over the neighbouring nodes; the whole text is in the log and in `msg.status`. */
const REASON_LENGTH = 60;

/**
 * A status as Status nodes get it. `text` is for people: the catalog key `status.<state>`, which each editor shows in
 * its own language, or, where there is a reason, the words of the server's language, a colon and the reason (a key cannot
 * carry one). Flows should look at `state` and `code`, which never change with the language.
 */
export interface BadgeStatus extends NodeStatus {
  readonly state: BadgeState;
  readonly code?: string;
}

/** The coloured mark below a node; set only when it changes. */
export class Badge {
  private shown = '';

  constructor(
    private readonly node: Node,
    private readonly translate: (key: string) => string,
  ) {}

  /** `look` `warning`: the state is good, the reason is not. A text as reason is no trouble: it has no code. */
  show(state: BadgeState, reason?: ErrorInfo | string, look?: 'warning'): void {
    const [fill, shape] = look === 'warning' ? LOOKS.degraded : LOOKS[state];
    const key = `status.${state}`;
    const words = typeof reason === 'string' ? reason : reason?.message;
    const text = words === undefined ? key : `${this.translate(key)}: ${shorten(words)}`;
    const code = typeof reason === 'object' ? { code: reason.code } : {};
    const status: BadgeStatus = { fill, shape, text, state, ...code };
    const shown = JSON.stringify(status);
    if (shown === this.shown) return;
    this.shown = shown;
    this.node.status(status);
  }
}

function shorten(text: string): string {
  const line = text.split('\n', 1)[0] ?? '';
  return line.length > REASON_LENGTH ? `${line.slice(0, REASON_LENGTH - 1).trimEnd()}…` : line;
}
