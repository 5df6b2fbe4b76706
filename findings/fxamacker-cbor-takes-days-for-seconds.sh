#!/usr/bin/env bash
# Most would expect: a date that Python's cbor2 writes as days since 1970 (tag 100 of RFC 8943) is read in Go as that day, or is
# refused, as a tag that is no time of RFC 8949 (0 and 1) cannot be read into a time.Time.
#
# What happens: fxamacker/cbor passes over the tag and takes the number of days for seconds. 2026-02-23 becomes an hour in the
# morning of 1970-01-01, without an error. Only the option that demands a tag (DecTagRequired) looks at which one it is.
#
# Version: github.com/fxamacker/cbor/v2 2.10.0, cbor2 6.3.0. Source: this run; RFC 8943, 1.1; RFC 8949, 3.4.2. Valid input only.
# Needs: go, python3.
set -eu
dir=$(mktemp -d)
trap 'chmod -R u+w "$dir"; rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/python -m pip install --quiet cbor2==6.3.0
export GOPATH="$dir/go" GOFLAGS=-mod=mod
cat >go.mod <<'MOD'
module finding

go 1.23

require github.com/fxamacker/cbor/v2 v2.10.0
MOD
cat >main.go <<'GO'
package main

import (
	"encoding/hex"
	"fmt"
	"os"
	"time"

	"github.com/fxamacker/cbor/v2"
)

func main() {
	data, err := hex.DecodeString(os.Args[1])
	if err != nil {
		panic(err)
	}
	strict, err := cbor.DecOptions{TimeTag: cbor.DecTagRequired}.DecMode()
	if err != nil {
		panic(err)
	}
	for _, unmarshal := range []func([]byte, any) error{cbor.Unmarshal, strict.Unmarshal} {
		var day time.Time
		if err := unmarshal(data, &day); err != nil {
			fmt.Println("error:", err)
		} else {
			fmt.Println(day.UTC().Format(time.RFC3339))
		}
	}
}
GO
go mod tidy >/dev/null 2>&1
go build -o reader .
cat >run.py <<'PY'
import subprocess
from datetime import date
from importlib.metadata import version

import cbor2

data = cbor2.dumps(date(2026, 2, 23), datetime_as_timestamp=True)
ignored, strict = subprocess.run(["./reader", data.hex()], capture_output=True, text=True, check=True).stdout.splitlines()
print(f"cbor2 {version('cbor2')}, fxamacker/cbor 2.10.0")
print(f"date(2026, 2, 23) is written as {data.hex()} and read by cbor2 as {cbor2.loads(data)}")
print(f"fxamacker/cbor into time.Time: {ignored}; with TimeTag: DecTagRequired: {strict}")
is_same = data.hex() == "d86419501b" and ignored == "1970-01-01T05:41:47Z" and "wrong tag number" in strict
print("as found: days are taken for seconds" if is_same else "changed")
raise SystemExit(0 if is_same else 1)
PY
venv/bin/python run.py
