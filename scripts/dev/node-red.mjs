import { once } from 'node:events';
import { createServer } from 'node:net';
import path from 'node:path';
import { freePort } from '../demo/free-port.mjs';
import { startNodeRed } from '../demo/node-red.mjs';
import { makeUserDirectory } from './user-directory.mjs';

/** A Node-RED with the working tree, on the same port and with the same flows each time it starts. */
export class NodeRed {
  #options;
  #running;
  #wasTold = false;

  /**
   * @param {object} options
   * @param {string} options.root  of the repository
   * @param {number} options.port  0: a free one
   * @param {(line: string) => void} options.tell
   * @throws {Error} where the port is taken
   */
  static async at({ root, port, tell }) {
    if (port !== 0) await mustBeFree(port);
    return new NodeRed({ root, port: port === 0 ? await freePort() : port, tell });
  }

  constructor(options) {
    this.#options = options;
  }

  get isRunning() {
    return this.#running !== undefined;
  }

  /** Its failure is told, not thrown: the next change may mend it. */
  async restart() {
    await this.stop();
    const { root, port, tell } = this.#options;
    try {
      const running = await startNodeRed({
        userDirectory: await makeUserDirectory(root),
        nodeArguments: ['--enable-source-maps'],
        nodeRedArguments: ['--settings', path.join(import.meta.dirname, 'settings.cjs'), '--port', String(port)],
        onLine: (line) => console.log(line),
      });
      this.#running = running;
      void running.exited.then(() => this.#ended(running));
    } catch (error) {
      tell(error.message.split('\n')[0]);
      return;
    }
    if (this.#wasTold) return;
    this.#wasTold = true;
    tell(`Node-RED editor ${this.#running.url}`);
    tell('the flows stay in .dev; open editors load themselves again after a change; Ctrl-C ends it all');
  }

  /** For what is only in the browser. */
  reloadBrowsers() {
    this.#running?.process.send({ build: String(Date.now()) });
  }

  async stop() {
    const running = this.#running;
    this.#running = undefined;
    await running?.stop();
  }

  #ended(running) {
    if (this.#running !== running) return; // it was stopped by this side
    this.#running = undefined;
    this.#options.tell('Node-RED ended by itself; the next change starts it again');
  }
}

async function mustBeFree(port) {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch (error) {
    throw new Error(`port ${port}: ${error.code}; \`npm run dev -- --port 1881\` takes another, 0 a free one`, {
      cause: error,
    });
  }
  server.close();
  await once(server, 'close');
}
