import { createRequire } from 'node:module';
import { join } from 'node:path';

/** Below `.cache`, by build-library.mjs. */
export const LIBRARY = join(import.meta.dirname, '..', '..', '.cache', 'bench', 'library.js');

/** What a program without Node-RED has of us: drivers, device engine, MQTT connection, application entity. Loaded when called. */
export const loadLibrary = () => createRequire(import.meta.url)(LIBRARY);
