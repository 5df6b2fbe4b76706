#!/usr/bin/env bash
# Most would expect: a Write with an index range changes the elements in the range, and a Read with one answers those; a server
# that knows no ranges refuses with BadIndexRangeInvalid or BadWriteNotSupported.
#
# What happens: asyncua's server passes over the range. The Read answers the whole array, and the Write puts the part that was
# sent in the place of the whole array: four of five elements are gone. Both are answered Good.
#
# Version: asyncua 2.1.0. Source: this run; OPC 10000-4, 5.11.2, 5.11.4 and 7.27 (IndexRange). Valid input only.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/python -m pip install --quiet asyncua==2.1.0
cat >run.py <<'PY'
import asyncio
import logging
import socket
from importlib.metadata import version

from asyncua import Client, Server, ua

logging.disable(logging.CRITICAL)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def main():
    server = Server()
    await server.init()
    url = f"opc.tcp://127.0.0.1:{free_port()}"
    server.set_endpoint(url)
    index = await server.register_namespace("urn:example")
    node_id = ua.NodeId("list", index)
    variable = await server.nodes.objects.add_variable(node_id, "list", [1, 2, 3, 4, 5], ua.VariantType.Int32)
    await variable.set_writable()
    async with server, Client(url) as client:
        read = ua.ReadValueId(NodeId=node_id, AttributeId=ua.AttributeIds.Value, IndexRange="2")
        part = (await client.uaclient.read(ua.ReadParameters(NodesToRead=[read])))[0]
        value = ua.DataValue(ua.Variant([9], ua.VariantType.Int32))
        write = ua.WriteValue(NodeId=node_id, AttributeId=ua.AttributeIds.Value, IndexRange="2", Value=value)
        status = (await client.uaclient.write(ua.WriteParameters(NodesToWrite=[write])))[0]
        after = await variable.read_value()
    print(f"asyncua {version('asyncua')}")
    print(f"an array of five, read with the index range 2: {part.Value.Value} ({part.StatusCode.name})")
    print(f"[9] written with the index range 2: {status.name}; the array is now {after}")
    return part.Value.Value == [1, 2, 3, 4, 5] and status.is_good() and after == [9]


is_same = asyncio.run(main())
print("as found: index ranges are passed over" if is_same else "changed")
raise SystemExit(0 if is_same else 1)
PY
venv/bin/python run.py 2>/dev/null
