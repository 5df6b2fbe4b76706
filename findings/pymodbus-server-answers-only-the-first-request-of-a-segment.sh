#!/usr/bin/env bash
# Most would expect: a Modbus/TCP server answers each request it gets, or, where it cannot take several at a time, leaves the
# others in the socket until it can: each request has a transaction id so that a client may send the next before an answer.
#
# What happens: pymodbus' server answers the FIRST request of what it receives in one piece, and throws the others away. No
# exception and no closed connection: the client runs into a time-out for all but one. The next segment is answered again.
#
# Version: pymodbus 3.16.1. Source: this run; the transaction identifier of MODBUS Messaging on TCP/IP Implementation Guide
# V1.0b, section 3.1.3, is what tells several requests in flight apart. Valid input only: ordinary reads.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/python -m pip install --quiet pymodbus==3.16.1
cat >run.py <<'PY'
import asyncio
import struct

import pymodbus
from pymodbus.datastore import ModbusDeviceContext, ModbusSequentialDataBlock, ModbusServerContext
from pymodbus.server import ModbusTcpServer


def read(transaction, register):
    return struct.pack(">HHHBBHH", transaction, 0, 6, 1, 3, register, 1)


async def answered(reader):
    """The transaction ids of all answers that come within a second."""
    ids = []
    try:
        while True:
            answer = await asyncio.wait_for(reader.readexactly(11), 1)
            ids.append(struct.unpack(">H", answer[:2])[0])
    except asyncio.TimeoutError:
        return ids


async def main():
    block = ModbusSequentialDataBlock(1, list(range(100)))
    device = ModbusDeviceContext(hr=block)
    server = ModbusTcpServer(ModbusServerContext(devices=device, single=True), address=("127.0.0.1", 0))
    task = asyncio.create_task(server.serve_forever())
    while not getattr(server, "transport", None):
        await asyncio.sleep(0.01)
    port = server.transport.sockets[0].getsockname()[1]
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(read(1, 10) + read(2, 20) + read(3, 30))
    together = await answered(reader)
    alone = []
    for transaction in (4, 5):
        writer.write(read(transaction, 40))
        alone += await answered(reader)
    print(f"pymodbus {pymodbus.__version__}")
    print(f"sent 1, 2, 3 in one segment: answered {together}")
    print(f"sent 4, then 5: answered {alone}")
    writer.close()
    task.cancel()
    return together == [1] and alone == [4, 5]


is_same = asyncio.run(main())
print("as found: only the first of a segment is answered" if is_same else "changed")
raise SystemExit(0 if is_same else 1)
PY
venv/bin/python run.py 2>/dev/null
