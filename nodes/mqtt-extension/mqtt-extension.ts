export { runExtension as run } from '../../src/node-red/mqtt/extension-node';
