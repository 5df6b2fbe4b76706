import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { OPCUACertificateManager } from 'node-opcua';
import { PythonProcess, PythonVenv } from '../system/python-venv.ts';

const SCRIPT = fileURLToPath(new URL('./open62541-server.py', import.meta.url));
const VENV = new PythonVenv('venv-open62541', 'o6==2.2.0', 'o6');
const APPLICATION_URI = 'urn:devicelink:open62541-server';

/** Whether open62541 can be used: it is in the package o6 of PyPI. */
export function open62541Available(): boolean {
  return VENV.available();
}

/** One open62541 server process; see open62541-server.py. Whoever starts it must `remove()` it. */
export class Open62541Server {
  private readonly directory = mkdtempSync(join(tmpdir(), 'devicelink-open62541-'));
  private process: PythonProcess | undefined;

  constructor(private readonly security: 'open' | 'secureOnly' = 'open') {}

  get endpoint(): string {
    return `opc.tcp://127.0.0.1:${this.process?.firstLine ?? 0}`;
  }

  /** PEM. */
  get certificateFile(): string {
    return join(this.directory, 'server.pem');
  }

  async start(): Promise<this> {
    const store = new OPCUACertificateManager({ rootFolder: join(this.directory, 'pki'), disableFileWatchers: true });
    await store.initialize();
    await store.createSelfSignedCertificate({
      applicationUri: APPLICATION_URI,
      dns: ['localhost'],
      ip: ['127.0.0.1'],
      subject: '/CN=open62541 test server',
      startDate: new Date(Date.now() - 86_400_000),
      validity: 10,
      outputFile: this.certificateFile,
    });
    copyFileSync(store.privateKey, join(this.directory, 'key.pem'));
    await store.dispose();
    mkdirSync(join(this.directory, 'trusted'));
    const args = [SCRIPT, '0', this.directory, this.security];
    this.process = await PythonProcess.start('open62541', VENV.python, args);
    return this;
  }

  async remove(): Promise<void> {
    await this.process?.kill();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
