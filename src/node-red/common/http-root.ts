/** `httpAdminRoot` or `httpNodeRoot` of Node-RED's settings with a slash in front and none at its end; empty for `/`, and where it is off. */
export const rootPath = (setting: unknown): string =>
  `/${typeof setting === 'string' ? setting : ''}`.replace(/\/+/g, '/').replace(/\/$/, '');
