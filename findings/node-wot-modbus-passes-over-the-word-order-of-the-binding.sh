#!/usr/bin/env bash
# Most would expect: the client of the W3C's Web of Things reads a value in the word order that a Thing Description states with
# the terms of the W3C's Modbus binding (modv:mostSignificantWord, modv:mostSignificantByte), or refuses a form that it cannot
# follow. Both terms are in the types of the package.
#
# What happens: node-wot's Modbus client never looks at them. A float with its low word first is read as another number, without
# an error. What it follows is a parameter of the content type (byteSeq), which the W3C's binding does not have.
#
# Version: @node-wot/binding-modbus and @node-wot/core 0.8.16, server of modbus-serial 8.0.25. Source: this run; W3C, Modbus
# Protocol Binding Template (modv:mostSignificantWord). Valid input only.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init --yes >/dev/null
npm install --silent --no-fund --no-audit --ignore-scripts \
  @node-wot/core@0.8.16 @node-wot/binding-modbus@0.8.16 modbus-serial@8.0.25 >/dev/null 2>&1
cat >run.cjs <<'JS'
const { once } = require('node:events');
const { createServer } = require('node:net');
const { Servient } = require('@node-wot/core');
const { ModbusClientFactory } = require('@node-wot/binding-modbus');
const { ServerTCP } = require('modbus-serial');

// 21.5 as a float of 32 bits is 41AC 0000; the low word stands first.
const registers = [0x0000, 0x41ac];
const terms = { 'modv:type': 'xsd:float', 'modv:mostSignificantByte': true };
const forms = {
  'low word first, by modv:mostSignificantWord': { ...terms, 'modv:mostSignificantWord': false },
  'high word first, by modv:mostSignificantWord': { ...terms, 'modv:mostSignificantWord': true },
  'low word first, by byteSeq in the content type': {
    contentType: 'application/octet-stream;byteSeq=LITTLE_ENDIAN_BYTE_SWAP',
  },
};

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

async function main() {
  const port = await freePort();
  const unit = { getMultipleHoldingRegisters: (start, count) => registers.slice(start, start + count) };
  const server = new ServerTCP(unit, { host: '127.0.0.1', port, unitID: 1 });
  await once(server, 'initialized');
  const servient = new Servient();
  servient.addClientFactory(new ModbusClientFactory());
  const wot = await servient.start();
  const property = (form) => ({
    type: 'number',
    readOnly: true,
    forms: [
      {
        href: `modbus+tcp://127.0.0.1:${port}/1/0?quantity=2`,
        op: ['readproperty'],
        'modv:entity': 'HoldingRegister',
        'modv:zeroBasedAddressing': true,
        contentType: 'application/octet-stream',
        ...form,
      },
    ],
  });
  const thing = await wot.consume({
    '@context': [
      'https://www.w3.org/2022/wot/td/v1.1',
      { modv: 'https://www.w3.org/2019/wot/modbus#', xsd: 'http://www.w3.org/2001/XMLSchema#' },
    ],
    id: 'urn:example:meter',
    title: 'meter',
    securityDefinitions: { none: { scheme: 'nosec' } },
    security: ['none'],
    properties: Object.fromEntries(Object.entries(forms).map(([name, form]) => [name, property(form)])),
  });
  const values = [];
  for (const name of Object.keys(forms)) values.push(await (await thing.readProperty(name)).value());
  await servient.shutdown();

  console.log(`node-wot binding-modbus ${require('@node-wot/binding-modbus/package.json').version}`);
  console.log('registers 0000 41AC, which are 21.5 with the low word first');
  for (const [index, name] of Object.keys(forms).entries()) console.log(`${name}: ${values[index]}`);
  const isSame = values[0] !== 21.5 && values[0] === values[1] && values[2] === 21.5;
  console.log(isSame ? 'as found: the terms of the binding are passed over' : 'changed');
  process.exit(isSame ? 0 : 1);
}

main();
JS
node run.cjs 2>/dev/null
