import type { Node, NodeMessage, NodeMessageInFlow } from 'node-red';
import { toFlowError } from './flow-error';

/** For a node with one output, or a list with a place for each. */
export type Send = (msg: NodeMessage | (NodeMessage | null)[]) => void;

/**
 * Lets `handle` do what each incoming message asks. `done` is called exactly once, after that, even if `done` itself throws;
 * with why it could not be done, where `handle` rejects.
 */
export function answerMessages(node: Node, handle: (msg: NodeMessageInFlow, send: Send) => Promise<void>): void {
  node.on('input', (msg: NodeMessageInFlow, send: Send, done: (error?: Error) => void) => {
    void handle(msg, send)
      .then(() => undefined, toFlowError)
      .then((error) => (error === undefined ? done() : done(error)))
      .catch((error: unknown) => node.error(toFlowError(error))); // thrown by what comes after it in the flow
  });
}
