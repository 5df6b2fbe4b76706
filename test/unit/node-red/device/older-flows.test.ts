import { afterEach, describe, expect, it } from 'vitest';
import { ModbusServer } from '../../../support/modbus/modbus-server.ts';
import {
  deploy,
  errorOf,
  message,
  robot,
  send,
  useNodeRed,
  warned,
} from '../../../support/node-red/node-red-helper.ts';

useNodeRed();

describe('a field that nobody knows', () => {
  const misspelt = robot({ parameters: { syncInterval: '1h', timout: '1s' } });

  it('is one warning that names it, and the device runs', async () => {
    await deploy([misspelt]);
    expect(await message('out')).toMatchObject({ payload: { a: 7 } });
    expect(warned()).toEqual(['parameters.timout: not known here; did you mean parameters.timeout?']);
  });

  it('is told also where something is wrong: it may be the reason', async () => {
    await deploy([robot({ kind: 'neither', output: { wen: 'change' } })]);
    expect((await errorOf('caught')).message).toContain('kind: ');
    expect(warned()).toEqual(['output.wen: not known here; did you mean output.when?']);
  });

  it('is told of message and publish even without an mqtt-extension', async () => {
    await deploy([robot({ message: { qso: 1 }, publish: { commnds: true } })]);
    await message('out');
    expect(warned()).toEqual([
      'message.qso: not known here; did you mean message.qos?',
      'publish.commnds: not known here; did you mean publish.commands?',
    ]);
  });

  it.each(['tcp://127.0.0.1:1', 'nowhere'])('of an mqtt-extension is told once, with the server %s', async (broker) => {
    const client = { server: broker, autoReconnect: false, keepalive: '1s' };
    await deploy([{ id: 'mqtt', type: 'mqtt-extension', client, message: {} }]);
    expect(warned()).toEqual(['client.keepalive: not known here; did you mean client.keepAlive?']);
  });

  it('of a property in a message is told once, however often the message comes', async () => {
    await deploy([robot()]);
    await message('out');
    const read = { action: 'read', properties: [{ name: 'x', type: 'int', unti: 'm' }] };
    send('device', { ...read });
    await message('out', 1);
    send('device', { ...read });
    await message('out', 2);
    expect(warned()).toEqual(['msg.properties[0].unti: not known here; did you mean msg.properties[0].unit?']);
  });

  it('is none in what Node-RED itself keeps in a flow', async () => {
    await deploy([robot({ info: 'i', icon: 'x', l: true, inputLabels: ['a'], outputLabels: ['b'] })]);
    await message('out');
    expect(warned()).toEqual([]);
  });
});

describe('a flow of another version', () => {
  const server = new ModbusServer();
  afterEach(() => server.stop());

  it('with the names of Octopus reads what it always read, without a word', async () => {
    await server.start();
    server.registers[3] = 215;
    await deploy([
      {
        id: 'device',
        type: 'modbus-device',
        z: 'f',
        parameters: { syncInterval: '1h', timeout: '2s' },
        protocol: { tcp: { ip: '127.0.0.1', port: server.port, slaveID: 9 } },
        properties: [
          {
            name: 't',
            dataType: 'int16',
            readOnly: true,
            visitor: {
              register: 'HoldingRegister',
              offset: 3,
              orderOfOperations: [{ operationType: 'Divide', operationValue: '10' }],
            },
          },
        ],
        wires: [['out']],
      },
    ]);
    expect(await message('out')).toMatchObject({ payload: { t: 21.5 } });
    expect(new Set(server.requests.map(({ unit }) => unit))).toEqual(new Set([9]));
    expect(warned()).toEqual([]);
    const properties = [
      { name: 'u', dataType: 'int16', readOnly: true, visitor: { register: 'HoldingRegister', offset: 3 } },
    ];
    send('device', { action: 'read', properties });
    expect(await message('out', 1)).toMatchObject({ payload: { u: 215 } });
    expect(warned()).toEqual([]);
  });

  it('that is too new runs as far as it is understood, and says so', async () => {
    await deploy([robot({ version: 9 })]);
    expect(await message('out')).toMatchObject({ payload: { a: 7 } });
    expect(warned()).toEqual([expect.stringMatching(/^version: is 9, .* only up to 2/)]);
  });
});
