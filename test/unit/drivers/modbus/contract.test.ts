import { describeDriverContract } from '../../../support/device/driver-contract.ts';
import { configOf, driverFor, property } from '../../../support/modbus/modbus-device.ts';
import { ModbusServer } from '../../../support/modbus/modbus-server.ts';

describeDriverContract('modbus', async () => {
  const server = await new ModbusServer().start();
  server.registers.set([235, 0x41bc, 0x0000], 0);
  server.coils[7] = 1;
  server.missing.add(100);
  const readable = [
    property('temperature', 0, { type: 'int16' }),
    property('flow', 1, { type: 'float' }),
    property('alarm', 7, { type: 'boolean', register: 'CoilRegister' }),
  ];
  const gone = await new ModbusServer().start();
  await gone.stop();
  const held: (() => void)[] = [];
  return {
    driver: driverFor(configOf(server.endpoint, readable)),
    readable,
    expected: [235, 23.5, true],
    bad: property('absent', 100),
    writes: [
      { property: property('setpoint', 20), value: 4711 },
      { property: property('valve', 8, { type: 'boolean', register: 'CoilRegister' }), value: true },
    ],
    badWrite: { property: property('absent', 100), value: 1 },
    unreachable: () => driverFor(configOf(gone.endpoint, readable)),
    stopPeer: () => server.stop(),
    startPeer: async () => {
      await server.start();
    },
    silencePeer: () => {
      server.handler = (request, answer) => held.push(() => answer(server.reply(request)));
      return Promise.resolve();
    },
    resumePeer: () => {
      server.handler = undefined;
      for (const answer of held.splice(0)) answer();
      return Promise.resolve();
    },
    dispose: () => server.stop(),
  };
});
