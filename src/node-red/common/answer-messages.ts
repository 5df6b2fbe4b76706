import type { Node, NodeMessage, NodeMessageInFlow } from 'node-red';
import { toFlowError, type FlowError } from './flow-error';

/** For a node with one output, or a list with a place for each. */
export type Send = (msg: NodeMessage | (NodeMessage | null)[]) => void;

/**
 * Lets `handle` do what each incoming message asks. `done` is called exactly once, after that, even if `done` itself throws;
 * with why it could not be done, where `handle` rejects. Where Node-RED cannot copy the message for its Catch nodes (one that is too deep, or
 * whose members throw), they get the error with a message that has only the id.
 */
export function answerMessages(node: Node, handle: (msg: NodeMessageInFlow, send: Send) => Promise<void>): void {
  node.on('input', (msg: NodeMessageInFlow, send: Send, done: (error?: Error) => void) => {
    void handle(msg, send)
      .then(() => undefined, toFlowError)
      .then((error) => {
        if (error === undefined) done();
        else fail(node, msg, error, done);
      })
      .catch((error: unknown) => node.error(toFlowError(error))); // thrown by what comes after it in the flow
  });
}

function fail(node: Node, msg: NodeMessageInFlow, error: FlowError, done: (error: Error) => void): void {
  try {
    done(error);
  } catch {
    node.error(error, { _msgid: msg._msgid });
  }
}
