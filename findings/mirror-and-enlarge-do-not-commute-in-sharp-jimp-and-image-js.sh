#!/usr/bin/env bash
# A row 0 0 255 255 doubled in width by sharp is 0 0 0 0 128 255 255 255, with linear as with
# lanczos3, and the mirrored row gives 255 255 255 255 128 0 0 0: the picture moves to one side.
# jimp and image-js do likewise. Augmentation by mirroring before such a resize is not the same as
# after it. OpenCV and PyTorch keep the symmetry: 0 0 0 64 191 255 255 255.
#
# Version: sharp 0.35.5, jimp 1.6.1, image-js 1.7.0
# Guess: Pixels are squares with centres at halves, so an enlarged mirror picture is the mirror of
# the enlarged one.
# Seen:
#   sharp linear 0 0 0 0 128 255 255 255 | mirrored, enlarged, mirrored 0 0 0 128 255 255 255 255
#   sharp lanczos3 0 0 0 0 128 255 255 255 | mirrored, enlarged, mirrored 0 0 0 128 255 255 255 255
#   jimp 0 0 0 43 170 255 255 255 | mirrored, enlarged, mirrored 0 0 0 85 213 255 255 255
#   image-js bilinear 0 0 0 0 128 255 255 255 | mirrored, enlarged, mirrored 0 0 0 128 255 255 255 255
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts sharp@0.35.5 jimp@1.6.1 image-js@1.7.0 > /dev/null

cat > run.mjs <<'END'
import sharp from 'sharp'
import { Jimp } from 'jimp'
import { Image } from 'image-js'
const square = (row) => Uint8Array.from([row, row, row, row].flat())
const bySharp = (kernel) => async (row) => {
  const raw = { width: 4, height: 4, channels: 1 }
  return [...(await sharp(square(row), { raw }).resize(8, 8, { kernel, fit: 'fill' }).toColourspace('b-w').raw().toBuffer())].slice(24, 32)
}
const byJimp = async (row) => {
  const image = new Jimp({ width: 4, height: 4 })
  square(row).forEach((v, i) => image.bitmap.data.set([v, v, v, 255], i * 4))
  image.resize({ w: 8, h: 8 })
  return [...image.bitmap.data].filter((_, i) => i % 4 === 0).slice(24, 32)
}
const byImage = async (row) => {
  const image = new Image(4, 4, { data: square(row), colorModel: 'GREY' })
  return [...image.resize({ width: 8, height: 8, interpolationType: 'bilinear' }).getRawImage().data].slice(24, 32)
}
for (const [name, resize] of [['sharp linear', bySharp('linear')], ['sharp lanczos3', bySharp('lanczos3')], ['jimp', byJimp], ['image-js bilinear', byImage]]) {
  const plain = await resize([0, 0, 255, 255])
  const mirrored = (await resize([255, 255, 0, 0])).reverse()
  console.log(name, plain.join(' '), '| mirrored, enlarged, mirrored', mirrored.join(' '))
}
END

got=$(node run.mjs 2> log) || { cat log; exit 1; }
want=$(cat <<'END'
sharp linear 0 0 0 0 128 255 255 255 | mirrored, enlarged, mirrored 0 0 0 128 255 255 255 255
sharp lanczos3 0 0 0 0 128 255 255 255 | mirrored, enlarged, mirrored 0 0 0 128 255 255 255 255
jimp 0 0 0 43 170 255 255 255 | mirrored, enlarged, mirrored 0 0 0 85 213 255 255 255
image-js bilinear 0 0 0 0 128 255 255 255 | mirrored, enlarged, mirrored 0 0 0 128 255 255 255 255
END
)
if [ "$got" != "$want" ]; then
  printf 'changed\nwant:\n%s\ngot:\n%s\n' "$want" "$got"
  exit 1
fi
echo 'holds: mirror-and-enlarge-do-not-commute-in-sharp-jimp-and-image-js'
