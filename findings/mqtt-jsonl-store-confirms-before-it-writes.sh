#!/usr/bin/env bash
# Most would expect: a message store of MQTT.js on disk, when it confirms that a message is put, has it on the disk, or at least
# with the operating system: that is what one puts a store on disk for. A killed process then loses nothing that was confirmed.
#
# What happens: mqtt-jsonl-store confirms at once and writes later (each minute; one second at the least). All that was confirmed
# in between is gone after the process was killed.
#
# Version: npm mqtt-jsonl-store 0.3.1 (needs Node.js 22). Source: this run.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund mqtt-jsonl-store@0.3.1 mqtt@5.16.0 node@24.21.0 >/dev/null
export PATH="$dir/node_modules/.bin:$PATH"
cat >put.cjs <<'JS'
const { Manager } = require('mqtt-jsonl-store');
(async () => {
  const manager = new Manager('store');
  await manager.open();
  const put = (packet) =>
    new Promise((resolve, reject) => manager.outgoing.put(packet, (error) => (error ? reject(error) : resolve())));
  for (let messageId = 1; messageId <= 200; messageId += 1) {
    await put({ cmd: 'publish', topic: 'a/b', payload: Buffer.from('x'), qos: 1, messageId });
  }
  console.log('200 puts confirmed');
  process.kill(process.pid, 'SIGKILL');
})();
JS
cat >count.cjs <<'JS'
const { Manager } = require('mqtt-jsonl-store');
(async () => {
  const manager = new Manager('store');
  await manager.open();
  let count = 0;
  for await (const packet of manager.outgoing.createStream()) count += packet ? 1 : 0;
  console.log(`${count} of them there after the kill`);
  console.log(count === 0 ? 'as found: all that was confirmed is lost' : 'changed');
  process.exit(count === 0 ? 0 : 1);
})();
JS
mkdir store
echo "node $(node -v), mqtt-jsonl-store $(node -p "JSON.parse(require('fs').readFileSync('node_modules/mqtt-jsonl-store/package.json')).version")"
node put.cjs || true
# The library holds a lock for a while; whoever opens within that time is refused, which is not the subject here.
for attempt in 1 2 3 4 5 6 7 8 9 10; do
  node count.cjs >out 2>&1 && status=0 || status=$?
  grep -q 'there after the kill' out && break
  sleep 1
done
cat out
exit "$status"
