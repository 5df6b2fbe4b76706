"""A Modbus/TCP server from Debian's python3-pymodbus (3.0), driven by JSON lines on stdin; answers are JSON lines.

  {"get": [unit, function, address, count]}              values as the server has them
  {"set": [unit, function, address, values]}
  {"decode": [unit, address, type, byteorder, wordorder]} a value as pymodbus (struct for 8 and 16 bit) reads it
  {"encode": [unit, address, type, byteorder, wordorder, text]}
  {"requests": true}                                     [unit, function, address, count] of each request so far; forgets them
  {"ignored": true}                                      how many requests for units it does not have came so far
  {"forget": 22}                                         from now on this function is unknown (exception 1)

Functions name the table: 1 coils, 2 discrete inputs, 3 holding registers, 4 input registers. Usage: server.py [port]
"""
import asyncio
import json
import struct
import sys
import threading

from pymodbus.constants import Endian
from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
from pymodbus.framer.socket_framer import ModbusSocketFramer
from pymodbus.payload import BinaryPayloadBuilder, BinaryPayloadDecoder
from pymodbus.server.async_io import ModbusTcpServer

# Any other unit is never answered, and what comes in one segment with a request for it is thrown away (pymodbus 3.0.0rc1).
UNITS = (1, 2)
# Addresses from here on do not exist: exception 2.
MISSING_FROM = 60000
# Reading this register fails inside the device: exception 4.
FAILING = 59990

WIDE = {
    "int32": "32bit_int", "uint32": "32bit_uint", "float": "32bit_float",
    "int64": "64bit_int", "uint64": "64bit_uint", "double": "64bit_float",
}
NARROW = {"int8": "xb", "uint8": "xB", "int16": "h", "uint16": "H"}

requests = []
ignored = []


class Framer(ModbusSocketFramer):
    def _validate_unit_id(self, units, single):
        is_ours = super()._validate_unit_id(units, single)
        if not is_ours:
            ignored.append(self._header["uid"])
        return is_ours


class Unit(ModbusSlaveContext):
    def __init__(self, number):
        blocks = {name: ModbusSequentialDataBlock(0, [0] * 65536) for name in ("di", "co", "hr", "ir")}
        super().__init__(zero_mode=True, **blocks)
        self.number = number

    def validate(self, fc_as_hex, address, count=1):
        requests.append([self.number, fc_as_hex, address, count])
        return address + count <= MISSING_FROM

    def getValues(self, fc_as_hex, address, count=1):
        if address <= FAILING < address + count:
            raise RuntimeError("the device fails")
        return super().getValues(fc_as_hex, address, count)


def number_of(text, kind):
    return float(text) if kind in ("float", "double") else int(text)


def decode(registers, kind, byteorder, wordorder):
    if kind in WIDE:
        decoder = BinaryPayloadDecoder.fromRegisters(registers, byteorder=byteorder, wordorder=wordorder)
        return getattr(decoder, "decode_" + WIDE[kind])()
    # An 8-bit number is the less significant byte of its register.
    raw = struct.pack(byteorder + "H", registers[0])
    return struct.unpack(">" + NARROW[kind], raw)[0]


def encode(kind, byteorder, wordorder, text):
    value = number_of(text, kind)
    if kind in WIDE:
        builder = BinaryPayloadBuilder(byteorder=byteorder, wordorder=wordorder)
        getattr(builder, "add_" + WIDE[kind])(value)
        return builder.to_registers()
    return list(struct.unpack(byteorder + "H", struct.pack(">" + NARROW[kind], value)))


def answer(command, units, server):
    if "get" in command:
        unit, function, address, count = command["get"]
        return super(Unit, units[unit]).getValues(function, address, count)
    if "set" in command:
        unit, function, address, values = command["set"]
        return units[unit].setValues(function, address, values)
    if "decode" in command:
        unit, address, kind, byteorder, wordorder = command["decode"]
        registers = super(Unit, units[unit]).getValues(3, address, 4)
        return repr(decode(registers, kind, byteorder, wordorder))
    if "encode" in command:
        unit, address, kind, byteorder, wordorder, text = command["encode"]
        return units[unit].setValues(3, address, encode(kind, byteorder, wordorder, text))
    if "requests" in command:
        seen = list(requests)
        requests.clear()
        return seen
    if "ignored" in command:
        return len(ignored)
    if "forget" in command:
        server.decoder._ServerDecoder__lookup.pop(command["forget"])
        return True
    raise ValueError("unknown command")


def serve_commands(units, server, loop):
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line), units, server)), flush=True)
    loop.call_soon_threadsafe(loop.stop)


async def main():
    units = {number: Unit(number) for number in UNITS}
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    context = ModbusServerContext(slaves=units, single=False)
    server = ModbusTcpServer(context, framer=Framer, address=("127.0.0.1", port), allow_reuse_address=True)
    task = asyncio.create_task(server.serve_forever())
    while server.server is None or not server.server.sockets:
        await asyncio.sleep(0.01)
    print(server.server.sockets[0].getsockname()[1], flush=True)
    loop = asyncio.get_running_loop()
    threading.Thread(target=serve_commands, args=(units, server, loop), daemon=True).start()
    await task


try:
    asyncio.run(main())
except (RuntimeError, KeyboardInterrupt):
    pass
