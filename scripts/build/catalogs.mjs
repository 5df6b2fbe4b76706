/** The catalogs of a language that make up the one of a type, from the general to the particular. */
export const catalogsOf = ({ common, device, catalogs }, type) => [
  common,
  ...(type.endsWith('-device') ? [device] : []),
  catalogs.get(type) ?? {},
];

/** The catalog Node-RED gets for a type: sections of the same name are put together. */
export function mergedCatalog(language, type) {
  const merged = {};
  for (const catalog of catalogsOf(language, type)) {
    for (const [section, texts] of Object.entries(catalog)) merged[section] = { ...merged[section], ...texts };
  }
  return merged;
}

/** `{ a: { b: 'x' } }` -> `['a.b']` */
export const keysOf = (catalog) =>
  Object.entries(catalog).flatMap(([section, texts]) => Object.keys(texts).map((key) => `${section}.${key}`));
