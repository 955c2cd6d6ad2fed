#!/usr/bin/env bash
# The assembler wasmati writes a NaN constant as a signalling NaN with payload 1, for f32 and f64. A program that
# compares, hashes or stores the bits of its NaN constants gets others than from the text format's `nan`.
#
# Version: wasmati 0.2.4
# Guess: The canonical quiet NaN of the specification: 7ff8000000000000 and 7fc00000, as `f64.const nan` of wabt.
# Seen:
#   wasmati f64 7ff0000000000001 f32 7f800001
#   wabt f64 7ff8000000000000 f32 7fc00000
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts wasmati@0.2.4 wabt@1.0.39 > /dev/null

cat > run.mjs <<'END'
import wabt from 'wabt'
import { f32, f64, func, i32, i64, Module } from 'wasmati'

const shown = ({ bits64, bits32 }) =>
  `f64 ${BigInt.asUintN(64, bits64()).toString(16)} f32 ${(bits32() >>> 0).toString(16)}`

const bits64 = func({ in: [], out: [i64] }, () => {
  f64.const(NaN)
  i64.reinterpret_f64()
})
const bits32 = func({ in: [], out: [i32] }, () => {
  f32.const(NaN)
  i32.reinterpret_f32()
})
const { instance } = await Module({ exports: { bits64, bits32 } }).instantiate()
console.log('wasmati', shown(instance.exports))

const text = `(module
  (func (export "bits64") (result i64) (i64.reinterpret_f64 (f64.const nan)))
  (func (export "bits32") (result i32) (i32.reinterpret_f32 (f32.const nan))))`
const parsed = (await wabt()).parseWat('nan.wat', text)
const other = await WebAssembly.instantiate(parsed.toBinary({}).buffer)
console.log('wabt', shown(other.instance.exports))
END

got=$(node run.mjs 2> log) || { cat log; exit 1; }
want=$(cat <<'END'
wasmati f64 7ff0000000000001 f32 7f800001
wabt f64 7ff8000000000000 f32 7fc00000
END
)
if [ "$got" != "$want" ]; then
  printf 'changed\nwant:\n%s\ngot:\n%s\n' "$want" "$got"
  exit 1
fi
echo 'holds: wasmati-writes-nan-constants-as-signalling-nan'
