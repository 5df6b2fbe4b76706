/**
 * How the content of a contentInstance is written (`cnf`, TS-0001 9.6.7): `text` is `text/plain:0`, `json` is `application/json:0`,
 * `json-base64` `application/json:1`, `base64` `application/octet-stream:1`; `auto` chooses by the type of the payload.
 */
export const CONTENT_FORMATS = ['auto', 'text', 'json', 'json-base64', 'base64'] as const;

export type ContentFormat = (typeof CONTENT_FORMATS)[number];
