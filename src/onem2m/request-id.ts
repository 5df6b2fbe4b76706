import { randomBytes } from 'node:crypto';

/** A request identifier: 12 characters, random enough (72 bits) that the originators at one broker never share one; safe in topics and URLs. */
export const newRequestId = (): string => randomBytes(9).toString('base64url');
