#!/usr/bin/env bash
# A column of doubles whose values repeat is written with a dictionary, whose keys are compared as a
# Map compares them: 0 and -0 are one entry, so all zeros come back with the sign of the first one.
# A column written without a dictionary keeps signs.
#
# Version: hyparquet-writer 0.17.0, read by hyparquet 1.31.5
# Guess: A Parquet column of doubles gives back its bits, however it is encoded.
# Seen:
#   0 -0 0 -0 1 1: 0 0 0 0 1 1
#   -0 0 -0 0 1 1: -0 -0 -0 -0 1 1
#   0 -0 0 -0 1 1 without dictionary: 0 -0 0 -0 1 1
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts hyparquet-writer@0.17.0 hyparquet@1.31.5 > /dev/null

cat > run.mjs <<'END'
import { parquetReadObjects } from 'hyparquet'
import { parquetWriteBuffer } from 'hyparquet-writer'
const shown = x => (Object.is(x, -0) ? '-0' : String(x))
const trip = async (name, data, more) => {
  const file = parquetWriteBuffer({ columnData: [{ name: 'x', type: 'DOUBLE', data, ...more }] })
  const back = (await parquetReadObjects({ file })).map(row => shown(row.x)).join(' ')
  console.log(`${data.map(shown).join(' ')}${name}: ${back}`)
}
await trip('', [0, -0, 0, -0, 1, 1])
await trip('', [-0, 0, -0, 0, 1, 1])
await trip(' without dictionary', [0, -0, 0, -0, 1, 1], { encoding: 'PLAIN' })
END
node run.mjs > seen.txt

diff seen.txt - <<'END'
0 -0 0 -0 1 1: 0 0 0 0 1 1
-0 0 -0 0 1 1: -0 -0 -0 -0 1 1
0 -0 0 -0 1 1 without dictionary: 0 -0 0 -0 1 1
END
cat seen.txt
