import { join } from 'node:path';
import { startProgram } from '../lib/program.mjs';
import { startBroker } from '../mqtt/broker.mjs';
import { startCounter } from './counter.mjs';

/**
 * What a gateway has on its two sides, in processes of their own, so that their CPU is not counted as its.
 * @param sockets how many Modbus devices, each at a port of its own
 * @returns `{ ports, broker, counter, requests(): Promise<number[]>, stop() }`: port of the broker; requests so far at each of `ports`
 */
export async function startSurroundings(sockets) {
  const open = [];
  const stop = async () => {
    for (const part of open.reverse()) await part.stop();
  };
  try {
    const server = startProgram(join(import.meta.dirname, 'server.mjs'), [String(sockets)]);
    open.push(server);
    const ports = await server.answer();
    const broker = await startBroker({ noDelay: true });
    open.push(broker);
    const counter = await startCounter(broker.port);
    open.push(counter);
    return { ports, broker: broker.port, counter, requests: () => server.ask('requests'), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
