#!/usr/bin/env bash
# sharp takes the luminance of linear light and encodes it again; jimp and image-js weigh the
# encoded bytes by the same factors (BT.709), and image-js with luma601 by older ones. So one red
# picture reaches a model as 127, 54 or 76, blue as 76, 18 or 29. White and grey are equal in all.
#
# Version: sharp 0.35.5, jimp 1.6.1, image-js 1.7.0
# Guess: At most two answers: 54 by BT.709 or 76 by BT.601.
# Seen:
#   red, green, blue, grey
#   sharp 127 220 76 128
#   jimp 54 182 18 128
#   image-js 54 182 18 128
#   image-js luma601 76 149 29 128
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts sharp@0.35.5 jimp@1.6.1 image-js@1.7.0 > /dev/null

cat > run.mjs <<'END'
import sharp from 'sharp'
import { Jimp } from 'jimp'
import { Image } from 'image-js'
const bytes = [[255, 0, 0], [0, 255, 0], [0, 0, 255], [128, 128, 128]]
const data = Uint8Array.from(bytes.flat())
const bySharp = await sharp(data, { raw: { width: 4, height: 1, channels: 3 } }).greyscale().raw().toBuffer()
const byJimp = new Jimp({ width: 4, height: 1 })
bytes.forEach((pixel, i) => byJimp.bitmap.data.set([...pixel, 255], i * 4))
byJimp.greyscale()
const image = new Image(4, 1, { data, colorModel: 'RGB' })
console.log('red, green, blue, grey')
console.log('sharp', [...bySharp].join(' '))
console.log('jimp', [...byJimp.bitmap.data].filter((_, i) => i % 4 === 0).join(' '))
console.log('image-js', [...image.grey().getRawImage().data].join(' '))
console.log('image-js luma601', [...image.grey({ algorithm: 'luma601' }).getRawImage().data].join(' '))
END

got=$(node run.mjs 2> log) || { cat log; exit 1; }
want=$(cat <<'END'
red, green, blue, grey
sharp 127 220 76 128
jimp 54 182 18 128
image-js 54 182 18 128
image-js luma601 76 149 29 128
END
)
if [ "$got" != "$want" ]; then
  printf 'changed\nwant:\n%s\ngot:\n%s\n' "$want" "$got"
  exit 1
fi
echo 'holds: greyscale-of-pure-red-is-127-in-sharp-and-54-in-jimp'
