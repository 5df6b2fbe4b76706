export { runAe as run } from '../../src/node-red/onem2m/ae-node';
