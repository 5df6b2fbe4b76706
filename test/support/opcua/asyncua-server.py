"""An OPC UA server nobody of this project wrote (asyncua), driven by JSON lines on stdin.

Arguments: port (0: any free one), a directory for its certificate, the number of structure types. Prints the port once it listens.
User "user" with password "secret"; anonymous and certificate users as well. Namespace "urn:devicelink:asyncua":
folder "types" with a writable scalar and a writable array of each built-in type, folder "machine" with
"speed" (Double, range-checked), "locked" (read-only) and the method "multiply"; with structure types the folder
"structures": "recipe" and "any" (a BaseDataType) hold one, with a member of a type of another namespace.

Commands: {"get": name} -> value; {"set": [name, value]}; {"connections": true} -> number of open connections;
{"recipe": minutes} sets the member Minutes of "recipe".
A name is a path below Objects: "types/Int32", "machine/speed".
"""

import asyncio
import json
import logging
import socket
import sys
import uuid
from datetime import datetime, timezone
from pathlib import Path

from asyncua import Server, ua, uamethod
from asyncua.common.structures104 import new_struct, new_struct_field
from asyncua.crypto.cert_gen import setup_self_signed_certificate
from asyncua.crypto.permission_rules import User, UserRole
from cryptography.x509.oid import ExtendedKeyUsageOID

NAMESPACE = "urn:devicelink:asyncua"
BASE_NAMESPACE = "urn:devicelink:asyncua:base"
logging.disable(logging.CRITICAL)


class Users:
    def get_user(self, iserver, username=None, password=None, certificate=None):
        if username is None or (username == "user" and password == "secret"):
            return User(role=UserRole.User)
        return None


SAMPLES = {
    "Boolean": True,
    "SByte": -8,
    "Byte": 200,
    "Int16": -1600,
    "UInt16": 60000,
    "Int32": -320000,
    "UInt32": 4000000000,
    "Int64": -9007199254740993,
    "UInt64": 18446744073709551615,
    "Float": 23.5,
    "Double": 3.141592653589793,
    "String": "grüezi",
    "DateTime": datetime(2024, 2, 29, 12, 30, 15, tzinfo=timezone.utc),
    "Guid": uuid.UUID("12345678-1234-5678-1234-567812345678"),
    "ByteString": b"\x00\x01\xfe\xff",
    "LocalizedText": ua.LocalizedText("Hallo", "de"),
    "QualifiedName": ua.QualifiedName("name", 1),
    "NodeId": ua.NodeId("target", 1),
}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@uamethod
def multiply(_parent, a, b):
    return a * b


async def build(server):
    index = await server.register_namespace(NAMESPACE)
    types = await server.nodes.objects.add_folder(ua.NodeId("types", index), ua.QualifiedName("types", index))
    for name, value in SAMPLES.items():
        kind = ua.VariantType[name]
        for suffix, content in (("", value), ("Array", [value, value])):
            node_id = ua.NodeId(f"types/{name}{suffix}", index)
            variable = await types.add_variable(node_id, ua.QualifiedName(name + suffix, index), content, kind)
            await variable.set_writable()
    machine = await server.nodes.objects.add_object(ua.NodeId("machine", index), ua.QualifiedName("machine", index))
    speed = await machine.add_variable(ua.NodeId("machine/speed", index), ua.QualifiedName("speed", index), 0.0)
    await speed.set_writable()
    await machine.add_variable(ua.NodeId("machine/locked", index), ua.QualifiedName("locked", index), 42)
    await machine.add_method(
        ua.NodeId("machine/multiply", index),
        ua.QualifiedName("multiply", index),
        multiply,
        [ua.VariantType.Double, ua.VariantType.Double],
        [ua.VariantType.Double],
    )
    return index


def recipe(minutes):
    return ua.Type0(Minutes=minutes, Ranges=[ua.Range(1.0, 2.0)], Step=ua.Step(Name="heat"))


async def build_structures(server, index, count):
    base = await server.register_namespace(BASE_NAMESPACE)
    step, _ = await new_struct(server, base, "Step", [new_struct_field("Name", ua.VariantType.String)])
    types = []
    for number in range(count):
        fields = [
            new_struct_field("Minutes", ua.VariantType.Int32),
            new_struct_field("Ranges", ua.NodeId(ua.ObjectIds.Range), array=True),
            new_struct_field("Step", step),
        ]
        types.append((await new_struct(server, index, f"Type{number}", fields))[0])
    await server.load_data_type_definitions()
    folder = await server.nodes.objects.add_folder(ua.NodeId("structures", index), ua.QualifiedName("structures", index))
    for name, value, data_type in (("recipe", recipe(5), types[0].nodeid), ("any", recipe(6), ua.NodeId(24))):
        node_id = ua.NodeId(f"structures/{name}", index)
        variable = await folder.add_variable(node_id, ua.QualifiedName(name, index), value, datatype=data_type)
        await variable.set_writable()


def to_json(value):
    if isinstance(value, list):
        return [to_json(item) for item in value]
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, ua.LocalizedText):
        return [value.Locale, value.Text]
    if isinstance(value, (ua.QualifiedName, ua.NodeId)):
        return value.to_string()
    if isinstance(value, datetime):
        return value.isoformat()
    # Integers of 64 bits do not survive JSON.parse.
    return str(value) if isinstance(value, (uuid.UUID,)) or (isinstance(value, int) and abs(value) > 2**53) else value


async def answer(server, index, command):
    if "connections" in command:
        return len(server.bserver.clients)
    if "recipe" in command:
        await server.get_node(ua.NodeId("structures/recipe", index)).write_value(recipe(command["recipe"]))
        return True
    name = command["get"] if "get" in command else command["set"][0]
    node = server.get_node(ua.NodeId(name, index))
    if "get" in command:
        return to_json(await node.read_value())
    kind = await node.read_data_type_as_variant_type()
    await node.write_value(command["set"][1], kind)
    return True


async def main(port, directory, structure_types):
    server = Server(user_manager=Users())
    await server.init()
    uri = "urn:devicelink:asyncua-server"
    await server.set_application_uri(uri)
    port = port or free_port()
    server.set_endpoint(f"opc.tcp://127.0.0.1:{port}")
    key, certificate = directory / "key.pem", directory / "certificate.der"
    subject = {"commonName": "asyncua test server", "organizationName": "DeviceLink"}
    await setup_self_signed_certificate(
        key, certificate, uri, "localhost", [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH], subject
    )
    await server.load_certificate(str(certificate))
    await server.load_private_key(str(key))
    server.set_security_policy(list(ua.SecurityPolicyType))
    index = await build(server)
    if structure_types:
        await build_structures(server, index, structure_types)
    async with server:
        # Kept in memory; reading it back is the server's own implementation of HistoryRead.
        await server.historize_node_data_change(server.get_node(ua.NodeId("machine/speed", index)), count=1000)
        print(port, flush=True)
        loop = asyncio.get_running_loop()
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            try:
                reply = {"ok": await answer(server, index, json.loads(line))}
            except Exception as error:  # the test sees it and fails
                reply = {"error": repr(error)}
            print(json.dumps(reply), flush=True)


asyncio.run(main(int(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])))
