import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { describeProblems } from '../../../src/base/fields/fields.ts';
import type { DeviceError } from '../../../src/base/errors.ts';
import type { Ports } from '../../../src/base/ports.ts';
import type { ModbusDriver } from '../../../src/drivers/modbus/driver.ts';
import { modbusKind } from '../../../src/drivers/modbus/index.ts';
import { MemoryLog } from '../../support/fakes/fake-clock.ts';
import { driverFor, never, property, realPorts } from '../../support/modbus/modbus-device.ts';
import { newestPymodbus, PymodbusLine } from '../../support/modbus/pymodbus-line.ts';
import { TestAuthority, type KeyPair } from '../../support/system/certificates.ts';

const python = newestPymodbus();
const ROLE = '1.3.6.1.4.1.50316.802.1=ASN1:UTF8String:Operator';

describe.runIf(python !== undefined)('Modbus/TCP Security', () => {
  let authority: TestAuthority;
  let server: PymodbusLine;
  let plain: KeyPair;
  let operator: Pick<KeyPair, 'cert' | 'key'>;
  let log: MemoryLog;
  const drivers: ModbusDriver[] = [];

  beforeAll(async () => {
    authority = new TestAuthority();
    plain = authority.issue('client');
    operator = withRole(authority);
    const { certFile, keyFile } = authority.issue('localhost', { altNames: 'DNS:localhost,IP:127.0.0.1' });
    server = await PymodbusLine.start(python ?? '', 'tls', certFile, keyFile, authority.caFile);
  });
  afterEach(async () => {
    await Promise.all(drivers.splice(0).map((driver) => driver.close()));
  });
  afterAll(async () => {
    await server.stop();
    authority.remove();
  });

  const target = property('a', 7);

  function driver(credentials: Record<string, string>, tcp = {}): ModbusDriver {
    const protocol = { tcp: { endpoint: `127.0.0.1:${server.port}`, framing: 'tls', ...tcp } };
    const parsed = modbusKind.parse({ parameters: { timeout: '3s' }, protocol, properties: [target] }, credentials);
    if (!parsed.ok) throw new Error(describeProblems(parsed.problems));
    log = new MemoryLog();
    const ports: Ports = { ...realPorts, log };
    const made = driverFor(parsed.value, ports);
    drivers.push(made);
    return made;
  }

  const reasonOf = (made: ModbusDriver): Promise<string> =>
    made.connect(never()).then(
      () => 'connected',
      (error: unknown) => {
        const { code, message, advice } = error as DeviceError;
        return `${code}: ${message} (${advice})`;
      },
    );

  it('reads and writes with a client certificate, and shows its role', async () => {
    const made = driver({ caFilePEM: authority.ca, certFilePEM: operator.cert, keyFilePEM: operator.key });
    await made.connect(never());
    expect((await made.read([target], never()))[0]?.value).toBe(7);
    expect(await made.write([{ property: property('w', 9), value: 99 }], never())).toEqual([{ name: 'w' }]);
    expect(await server.get(1, 3, 9, 1)).toEqual([99]);
    expect(made.link).toMatchObject({ transport: 'tls', role: 'Operator' });
    expect(log.lines).toEqual([]);
  });

  it('says that a certificate has no role', async () => {
    const made = driver({ caFilePEM: authority.ca, certFilePEM: plain.cert, keyFilePEM: plain.key });
    await made.connect(never());
    expect(log.lines).toEqual([expect.stringMatching(/^warn: the client certificate has no role/)]);
    expect(made.link).toMatchObject({ notes: [expect.stringMatching(/has no role/)] });
  });

  it('says what is wrong: no client certificate, an unknown authority, another name, another key', async () => {
    const own = { certFilePEM: operator.cert, keyFilePEM: operator.key };
    expect(await reasonOf(driver({ caFilePEM: authority.ca }))).toMatch(/client certificate/);
    expect(await reasonOf(driver(own))).toMatch(/^TLS_UNKNOWN_CA: .* unknown authority/);
    expect(await reasonOf(driver({ ...own, caFilePEM: authority.ca }, { serverName: 'plc-1' }))).toMatch(
      /^TLS_NAME_MISMATCH: /,
    );
    const mixed = { caFilePEM: authority.ca, certFilePEM: operator.cert, keyFilePEM: plain.key };
    expect(await reasonOf(driver(mixed))).toMatch(/key does not belong to the client certificate/);
    expect(await reasonOf(driver(own, { insecureSkipVerify: true }))).toBe('connected');
  });

  it('says that the other side speaks no TLS', async () => {
    const udp = await PymodbusLine.start(python ?? '', 'tcp');
    try {
      const made = driver({ caFilePEM: authority.ca }, { endpoint: `127.0.0.1:${udp.port}` });
      expect(await reasonOf(made)).toMatch(/^(TLS_FAILED|CONNECT_FAILED|TIMEOUT): /);
    } finally {
      await udp.stop();
    }
  });
});

/** A client certificate with the role extension. */
function withRole({ directory, caFile }: TestAuthority): Pick<KeyPair, 'cert' | 'key'> {
  const [key, request, cert, extensions] = ['key', 'csr', 'crt', 'ext'].map((end) =>
    join(directory, `operator.${end}`),
  );
  if (!key || !request || !cert || !extensions) throw new Error('no file names');
  writeFileSync(extensions, `${ROLE}\n`);
  const openssl = (...args: string[]): Buffer => execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  openssl('req', '-new', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=operator', '-keyout', key, '-out', request);
  const sign = ['x509', '-req', '-in', request, '-CA', caFile, '-CAkey', join(directory, 'ca.key'), '-CAcreateserial'];
  openssl(...sign, '-sha256', '-days', '2', '-extfile', extensions, '-out', cert);
  return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
}
