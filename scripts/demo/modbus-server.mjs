import modbusSerial from 'modbus-serial';
import { freePort } from './free-port.mjs';

const STEP_MS = 1000;

const ILLEGAL_DATA_ADDRESS = 2;

/** The plant as a Modbus TCP server on a free loopback port; it answers for every unit. One step a second. */
export async function startModbusServer(plant) {
  const port = await freePort();
  const server = new modbusSerial.ServerTCP(registersOf(plant), { host: '127.0.0.1', port });
  // A client that leaves in the middle of an answer is nothing to report.
  server.on('socketError', () => {});
  server.on('error', () => {});
  await new Promise((resolve, reject) => {
    server.once('initialized', resolve);
    server.on('serverError', reject);
  });
  const clock = setInterval(() => plant.step(), STEP_MS);
  return {
    endpoint: `127.0.0.1:${port}`,
    async stop() {
      clearInterval(clock);
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function registersOf(plant) {
  return {
    getCoil: (address) => known(plant.readCoil(address)),
    setCoil: (address, value) => allowed(plant.writeCoil(address, value)),
    getHoldingRegister: (address) => known(plant.readHolding(address, 1))[0],
    getMultipleHoldingRegisters: (address, quantity) => known(plant.readHolding(address, quantity)),
    setRegister: (address, value) => allowed(plant.writeHolding(address, [value])),
    setRegisterArray: (address, values) => allowed(plant.writeHolding(address, values)),
    // The plant has none of these; without an entry the server would not answer at all.
    getDiscreteInput: () => known(undefined),
    getInputRegister: () => known(undefined),
  };
}

function known(value) {
  if (value === undefined) throw modbusException(ILLEGAL_DATA_ADDRESS);
  return value;
}

function allowed(isAllowed) {
  if (!isAllowed) throw modbusException(ILLEGAL_DATA_ADDRESS);
}

/** The shape in which modbus-serial's server wants an exception code. */
function modbusException(code) {
  return Object.assign(new Error(`Modbus exception ${code}`), { modbusErrorCode: code });
}
