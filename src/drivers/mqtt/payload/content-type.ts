/** How a payload is written, by media type. Pure: also runs in the editor. */
export const CONTENT_TYPES = [
  'application/json',
  'text/plain',
  'application/octet-stream',
  'application/cbor',
  'application/senml+json',
  'application/senml+cbor',
] as const;

export type ContentType = (typeof CONTENT_TYPES)[number];

export const isSenml = (type: ContentType | undefined): boolean =>
  type === 'application/senml+json' || type === 'application/senml+cbor';
