/** Runs in a process of its own, to be killed: connects with the options in argv[2] (JSON), and says `connected`. */
import { Connection } from '../../../src/mqtt/connection/connection';
import { connectionOptions, realPorts } from './mqtt-options';

const { url, will, ...changes } = JSON.parse(process.argv[2] ?? '') as {
  url: string;
  will: { topic: string; base64: string; qos: 0 | 1 | 2; retained: boolean };
};
const { topic, qos, retained } = will;
const connection = new Connection(
  connectionOptions(url, { ...changes, will: { topic, qos, retained, payload: Buffer.from(will.base64, 'base64') } }),
  realPorts,
);
connection.events.once('connected', () => process.stdout.write('connected\n'));
connection.open();
