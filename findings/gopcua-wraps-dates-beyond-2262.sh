#!/usr/bin/env bash
# Most would expect: a Go client of OPC UA reads and writes every DateTime that OPC UA has (1601 to the end of 9999), or says
# that it cannot hold one; 9999-12-31 is what many servers send for "no end".
#
# What happens: gopcua counts in nanoseconds since 1970 in 64 bits, which end in 2262, and wraps round without an error. A
# server's 9999-12-31T23:59:59Z is read as a day in 2185, and the same time written by gopcua is in 1816 for the server.
#
# Version: gopcua 0.8.0 against a server of asyncua 2.1.0. Source: this run; OPC 10000-6, 5.2.2.5 (DateTime). Valid input only.
# Needs: go, python3.
set -eu
dir=$(mktemp -d)
trap 'chmod -R u+w "$dir"; rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/python -m pip install --quiet asyncua==2.1.0
export GOPATH="$dir/go" GOFLAGS=-mod=mod
cat >go.mod <<'MOD'
module finding

go 1.23

require github.com/gopcua/opcua v0.8.0
MOD
cat >main.go <<'GO'
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/gopcua/opcua"
	"github.com/gopcua/opcua/ua"
)

func main() {
	ctx := context.Background()
	client, err := opcua.NewClient(os.Args[1], opcua.SecurityMode(ua.MessageSecurityModeNone))
	if err != nil {
		log.Fatal(err)
	}
	if err = client.Connect(ctx); err != nil {
		log.Fatal(err)
	}
	defer client.Close(ctx)
	id := ua.MustParseNodeID(os.Args[2])
	value, err := client.Node(id).Value(ctx)
	if err != nil {
		log.Fatal(err)
	}
	never := time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
	answer, err := client.Write(ctx, &ua.WriteRequest{NodesToWrite: []*ua.WriteValue{{
		NodeID:      id,
		AttributeID: ua.AttributeIDValue,
		Value:       &ua.DataValue{EncodingMask: ua.DataValueValue, Value: ua.MustVariant(never)},
	}}})
	if err != nil {
		log.Fatal(err)
	}
	if answer.Results[0] != ua.StatusOK {
		log.Fatal(answer.Results[0])
	}
	fmt.Print(value.Time().UTC().Format(time.RFC3339))
}
GO
go mod tidy >/dev/null 2>&1
go build -o client .
cat >run.py <<'PY'
import asyncio
import logging
import socket
from asyncio.subprocess import PIPE
from datetime import datetime
from importlib.metadata import version

from asyncua import Server, ua

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
    never = datetime(9999, 12, 31, 23, 59, 59)
    variable = await server.nodes.objects.add_variable(ua.NodeId("until", index), "until", never, ua.VariantType.DateTime)
    await variable.set_writable()
    async with server:
        client = await asyncio.create_subprocess_exec("./client", url, f"ns={index};s=until", stdout=PIPE)
        read = (await client.communicate())[0].decode()
        written = (await variable.read_value()).strftime("%Y-%m-%dT%H:%M:%SZ")
    print(f"asyncua {version('asyncua')}, gopcua 0.8.0")
    print(f"the server's 9999-12-31T23:59:59Z is read as {read}")
    print(f"9999-12-31T23:59:59Z, written by gopcua with Good, is {written} at the server")
    return read.startswith("2185-07-21") and written.startswith("1816-03-30")


is_same = asyncio.run(main())
print("as found: dates beyond 2262 wrap round" if is_same else "changed")
raise SystemExit(0 if is_same else 1)
PY
venv/bin/python run.py
