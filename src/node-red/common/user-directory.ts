import { resolve } from 'node:path';
import type { NodeAPI } from 'node-red';

/** Where Node-RED keeps what belongs to the user: flows, credentials, installed nodes. Absolute path. */
export const userDirectoryOf = (RED: NodeAPI): string => resolve(RED.settings.userDir ?? '.');
