import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A quiet mosquitto without limits of its own on a free loopback port: `{ port, stop() }`. */
export async function startBroker({ noDelay = false } = {}) {
  const port = await freePort();
  const directory = await mkdtemp(join(tmpdir(), 'devicelink-bench-'));
  const file = join(directory, 'mosquitto.conf');
  const limits = ['max_inflight_messages 0', 'max_queued_messages 0', 'log_type none'];
  const lines = [`listener ${port} 127.0.0.1`, 'allow_anonymous true', `set_tcp_nodelay ${noDelay}`, ...limits];
  await writeFile(file, `${lines.join('\n')}\n`);
  const process = spawn('/usr/sbin/mosquitto', ['-c', file], { stdio: 'ignore' });
  await once(process, 'spawn');
  for (let attempt = 0; !(await accepts(port)); attempt += 1) {
    if (attempt > 300) throw new Error('mosquitto does not accept connections');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return {
    port,
    async stop() {
      process.kill();
      await once(process, 'exit');
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** A mosquitto_sub that counts: `seen(n)` resolves when n more messages than at the last call have arrived. */
export async function startCounter(port, topic, probe) {
  const arguments_ = ['-h', '127.0.0.1', '-p', String(port), '-t', topic, '-q', '2', '-N', '-F', '.'];
  // One byte a message, unbuffered at the end of each read of the subscriber.
  const child = spawn('stdbuf', ['-o0', 'mosquitto_sub', ...arguments_], { stdio: ['ignore', 'pipe', 'inherit'] });
  let count = 0;
  let check = () => {};
  child.stdout.on('data', (data) => {
    count += data.length;
    check();
  });
  while (count === 0) {
    await probe();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await new Promise((resolve) => setTimeout(resolve, 100));
  return {
    expect(more) {
      const target = count + more;
      return new Promise((resolve) => {
        check = () => {
          if (count >= target) resolve();
        };
        check();
      });
    },
    async stop() {
      child.kill();
      await once(child, 'exit');
    },
  };
}

async function freePort() {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

function accepts(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
