"""An OPC UA server nobody of this project wrote: open62541, as the package o6 has it. It ends itself after 10 minutes.

Arguments: port (0: any free one), a directory, "open" or "secureOnly". In the directory are server.pem and key.pem, and in
trusted/ the certificates of the clients it trusts. With "secureOnly" it takes no unsecured channel, not even for its endpoints.
Prints the port once it listens; ends with its stdin.
"""

import os
import socket
import sys
from pathlib import Path

# The package greets on stdout.
stdout = os.dup(1)
os.dup2(2, 1)
import o6  # noqa: E402


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def main(port, directory, security):
    port = port or free_port()
    certificate = directory / "server.pem"
    server = o6.Server(
        port=port,
        certificate=certificate,
        privateKey=directory / "key.pem",
        # With an empty list it would trust everybody.
        trustList=[certificate, *sorted((directory / "trusted").glob("*.pem"))],
        secureOnly=security == "secureOnly",
        applicationUri="urn:devicelink:open62541-server",
    )
    with server:
        os.write(stdout, f"{port}\n".encode())
        sys.stdin.read()


main(int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
