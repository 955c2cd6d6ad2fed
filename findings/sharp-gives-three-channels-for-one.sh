#!/usr/bin/env bash
# Raw grey bytes of one channel come out of a resize by sharp as three equal channels: the buffer is
# three times as long as width times height. The greyscale step or toColourspace b-w keeps one.
#
# Version: sharp 0.35.5
# Guess: One channel in, one channel out: the input said so in its raw description.
# Seen:
#   no step size 4 x 4 channels 3 bytes 48
#   resize size 2 x 2 channels 3 bytes 12
#   resize, b-w size 2 x 2 channels 1 bytes 4
#   resize, greyscale size 2 x 2 channels 1 bytes 4
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts sharp@0.35.5 > /dev/null

cat > run.mjs <<'END'
import sharp from 'sharp'
const start = () => sharp(new Uint8Array(16).fill(7), { raw: { width: 4, height: 4, channels: 1 } })
for (const [name, image] of [['no step', start()], ['resize', start().resize(2, 2)], ['resize, b-w', start().resize(2, 2).toColourspace('b-w')], ['resize, greyscale', start().resize(2, 2).greyscale()]]) {
  const { info } = await image.raw().toBuffer({ resolveWithObject: true })
  console.log(name, 'size', info.width, 'x', info.height, 'channels', info.channels, 'bytes', info.size)
}
END

got=$(node run.mjs 2> log) || { cat log; exit 1; }
want=$(cat <<'END'
no step size 4 x 4 channels 3 bytes 48
resize size 2 x 2 channels 3 bytes 12
resize, b-w size 2 x 2 channels 1 bytes 4
resize, greyscale size 2 x 2 channels 1 bytes 4
END
)
if [ "$got" != "$want" ]; then
  printf 'changed\nwant:\n%s\ngot:\n%s\n' "$want" "$got"
  exit 1
fi
echo 'holds: sharp-gives-three-channels-for-one'
