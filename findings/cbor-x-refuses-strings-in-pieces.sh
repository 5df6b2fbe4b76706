#!/usr/bin/env bash
# Most would expect: a CBOR library that calls itself conformant, implements "the CBOR format as specified in RFC-8949" and names no
# exception reads the examples in the appendix of that standard, among them a text in pieces.
#
# What happens: cbor-x refuses texts and bytes of indefinite length, while it reads lists and maps of indefinite length. Encoders
# that write as they go use them: Jackson for Java writes each text of 4,000 characters or more in pieces, so that messages are
# readable until one is long.
#
# Version: cbor-x 1.6.9. Source: this run; RFC 8949, 3.2.3 and appendix A; decode.js, "Indefinite length not supported".
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init --yes >npm.log 2>&1
npm install --silent --no-audit --no-fund cbor-x@1.6.9 >>npm.log 2>&1
cat >run.cjs <<'JS'
const { decode } = require('cbor-x');
const { version } = require('cbor-x/package.json');

/** Of RFC 8949, appendix A. */
const EXAMPLES = {
  'the text "streaming" in pieces': '7f657374726561646d696e67ff',
  'the bytes 0102030405 in pieces': '5f42010243030405ff',
  'the list [1, [2, 3], [4, 5]] of indefinite length': '9f018202039f0405ffff',
  'the map {"a": 1, "b": [2, 3]} of indefinite length': 'bf61610161629f0203ffff',
};

console.log(`cbor-x ${version}`);
const outcomes = Object.entries(EXAMPLES).map(([what, hex]) => {
  let outcome;
  try {
    outcome = JSON.stringify(decode(Buffer.from(hex, 'hex')));
  } catch (error) {
    outcome = `refused: ${error.message}`;
  }
  console.log(`${what}: ${outcome}`);
  return outcome.startsWith('refused');
});
process.exit(JSON.stringify(outcomes) === '[true,true,false,false]' ? 0 : 1);
JS
node run.cjs
