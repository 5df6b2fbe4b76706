import { join } from 'node:path';

/** Where own, trusted and rejected certificates are kept. */
export const pkiDirectoryIn = (userDirectory: string): string => join(userDirectory, 'devicelink', 'opcua', 'pki');
