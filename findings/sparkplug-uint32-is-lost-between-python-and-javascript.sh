#!/usr/bin/env bash
# Most would expect: a Sparkplug B metric of type UInt32 that one library writes, another one reads: there is one protobuf schema
# and one table of datatypes.
#
# What happens: pysparkplug writes UInt32 in the field `int_value`, sparkplug-payload reads it from `long_value` only: the metric
# arrives with the right name and type, the value is null, `isNull` is not set, and nothing is thrown. The other way round
# sparkplug-payload writes `long_value`.
#
# Versions: PyPI pysparkplug 0.6.1, npm sparkplug-payload 1.0.3. Source: this run. Both ship the schema of Eclipse Tahu.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check pysparkplug==0.6.1
npm init -y >/dev/null
npm install --silent --no-audit --no-fund sparkplug-payload@1.0.3 >/dev/null
cat >write.py <<'PY'
import sys
from pysparkplug import DataType, Metric, NData
metrics = [Metric(timestamp=1700000000000, name="u32", datatype=DataType.UINT32, value=70000),
           Metric(timestamp=1700000000000, name="i32", datatype=DataType.INT32, value=70000)]
payload = NData(timestamp=1700000000000, seq=1, metrics=tuple(metrics))
sys.stdout.write(payload.encode(include_dtypes=True).hex())
PY
cat >read.cjs <<'JS'
const payloads = require('sparkplug-payload').get('spBv1.0');
const { metrics } = payloads.decodePayload(Buffer.from(process.argv[2], 'hex'));
for (const { name, type, value, isNull } of metrics) console.log(JSON.stringify({ name, type, value: value === undefined ? 'undefined' : value === null ? null : Number(value), isNull }));
const [u32, i32] = metrics;
const isSame = u32.type === 'UInt32' && (u32.value === null || u32.value === undefined) && !u32.isNull && Number(i32.value) === 70000;
console.log(isSame ? 'as found: UInt32 arrives without its value, Int32 with it' : 'changed');
process.exit(isSame ? 0 : 1);
JS
venv/bin/pip list --disable-pip-version-check 2>/dev/null | grep -i pysparkplug
echo "sparkplug-payload $(node -p "JSON.parse(require('fs').readFileSync('node_modules/sparkplug-payload/package.json')).version")"
node read.cjs "$(venv/bin/python write.py)"
