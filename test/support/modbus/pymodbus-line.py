"""A Modbus server of pymodbus (3.0 of Debian, or the newest) over a serial line, TLS or UDP; driven by JSON lines on stdin.

  pymodbus-line.py rtu|ascii <port>                     serial, 19200 8N1
  pymodbus-line.py tls <certificate> <key> <ca>         prints its port; asks for a client certificate
  pymodbus-line.py udp|tcp                              prints its port; tcp only the newest

Units 1 and 2; every register and bit holds its own address (bits: its lowest bit). Commands: {"get": [unit, function, address, count]},
{"set": [unit, function, address, values]}. Functions name the table: 1 coils, 2 discrete inputs, 3 holding registers, 4 input registers.
"""
import asyncio
import json
import ssl
import sys
import threading

from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext

try:
    from pymodbus import FramerType
    from pymodbus.datastore import ModbusDeviceContext as Unit
    from pymodbus.server import ModbusSerialServer, ModbusTcpServer, ModbusTlsServer, ModbusUdpServer

    IS_NEW = True
except ImportError:
    from pymodbus.datastore import ModbusSlaveContext as Unit
    from pymodbus.framer.ascii_framer import ModbusAsciiFramer
    from pymodbus.framer.rtu_framer import ModbusRtuFramer
    from pymodbus.framer.socket_framer import ModbusSocketFramer
    from pymodbus.server.async_io import ModbusSerialServer, ModbusUdpServer

    IS_NEW = False


def unit():
    # The newest counts the first of a block as address 1, Debian's with zero_mode as 0.
    first = 1 if IS_NEW else 0
    words = list(range(1000))
    bits = [word & 1 for word in words]
    blocks = {"hr": words, "ir": words, "co": bits, "di": bits}
    made = {name: ModbusSequentialDataBlock(first, list(values)) for name, values in blocks.items()}
    return Unit(**made) if IS_NEW else Unit(zero_mode=True, **made)


def make_server(kind, args, context):
    if kind in ("rtu", "ascii"):
        common = {"port": args[0], "baudrate": 19200, "parity": "N", "stopbits": 1, "bytesize": 8}
        if IS_NEW:
            framer = FramerType.RTU if kind == "rtu" else FramerType.ASCII
            return ModbusSerialServer(context, framer=framer, ignore_missing_devices=True, **common)
        framer = ModbusRtuFramer if kind == "rtu" else ModbusAsciiFramer
        return ModbusSerialServer(context, framer=framer, ignore_missing_slaves=True, **common)
    if kind == "udp":
        if IS_NEW:
            return ModbusUdpServer(context, address=("127.0.0.1", 0))
        return ModbusUdpServer(context, framer=ModbusSocketFramer, address=("127.0.0.1", 0))
    if kind == "tcp":
        return ModbusTcpServer(context, address=("127.0.0.1", 0))
    certificate, key, authority = args
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    tls.load_verify_locations(authority)
    tls.verify_mode = ssl.CERT_REQUIRED
    # pymodbus' own framing of TLS leaves the MBAP header out, which the specification has.
    return ModbusTlsServer(context, framer=FramerType.SOCKET, address=("127.0.0.1", 0), sslctx=tls)


def access(server, context, loop):
    """How the values of a server are read and set from another thread."""
    if not IS_NEW:
        return lambda number, *rest: context[number].getValues(*rest), lambda number, *rest: context[number].setValues(*rest)

    def wait(coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, loop).result()

    return (
        lambda *asked: wait(server.async_getValues(*asked)),
        lambda *asked: wait(server.async_setValues(*asked)),
    )


def serve_commands(server, context, loop):
    get, set_values = access(server, context, loop)
    for line in sys.stdin:
        command = json.loads(line)
        if "get" in command:
            answer = [int(value) for value in get(*command["get"])]
        else:
            set_values(*command["set"])
            answer = True
        print(json.dumps(answer), flush=True)
    loop.call_soon_threadsafe(loop.stop)


async def main():
    kind, *args = sys.argv[1:]
    contexts = {1: unit(), 2: unit()}
    if IS_NEW:
        context = ModbusServerContext(devices=contexts, single=False)
    else:
        context = ModbusServerContext(slaves=contexts, single=False)
    server = make_server(kind, args, context)
    if IS_NEW:
        await server.serve_forever(background=True)
    elif kind in ("rtu", "ascii"):
        await server.start()
    else:
        asyncio.create_task(server.serve_forever())
        while getattr(server, "protocol", None) is None:
            await asyncio.sleep(0.01)
    if kind in ("rtu", "ascii"):
        print("ready", flush=True)
    else:
        transport = server.transport if IS_NEW else server.protocol
        sockets = getattr(transport, "sockets", None)
        address = sockets[0].getsockname() if sockets else transport.get_extra_info("sockname")
        print(address[1], flush=True)
    loop = asyncio.get_running_loop()
    threading.Thread(target=serve_commands, args=(server, context, loop), daemon=True).start()
    await asyncio.Event().wait()


try:
    asyncio.run(main())
except (RuntimeError, KeyboardInterrupt):
    pass
