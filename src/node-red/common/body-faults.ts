import type { Express, NextFunction, Request, Response } from 'express';
import type { NodeAPI } from 'node-red';

/** Why Node-RED's own parser could not read a body; as `body-parser` 1.20 tells it. */
export interface BodyFault {
  /** `entity.too.large`, `entity.parse.failed`, `charset.unsupported`, ... */
  readonly type?: string;
  /** What was read, where it was no JSON. */
  readonly body?: unknown;
  readonly status?: number;
}

/**
 * Answers requests whose body Node-RED's admin API could not read: it reads before any node is asked, also what is meant for
 * nodes where both have the same root, and its own answer is a page of HTML with a stack. `below`: the path that is ours, as clients send it.
 */
export function answerBodyFaults(
  RED: NodeAPI,
  below: string,
  respond: (fault: BodyFault, request: Request, response: Response) => void,
): void {
  // What nodes add to is mounted below what reads the bodies, and is not asked about errors that came before it.
  const { parent = RED.httpAdmin } = RED.httpAdmin as Express & { readonly parent?: Express };
  parent.use((fault: BodyFault, request: Request, response: Response, next: NextFunction) => {
    if (response.headersSent || !request.originalUrl.startsWith(below)) next(fault);
    else respond(fault, request, response);
  });
}

export const isTooLarge = ({ type }: BodyFault): boolean => type === 'entity.too.large';
