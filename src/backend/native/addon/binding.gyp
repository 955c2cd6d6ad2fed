# For node-gyp: node-gyp rebuild -C src/backend/native/addon. `npm run build:native` does the same with the compiler alone.
# No option here or in build.mjs may change how numbers are computed, least of all at the link: an addon that is linked with fast
# mathematics flushes small numbers to 0 in all JavaScript of the process.
{
  "targets": [
    {
      "target_name": "gradfold",
      "sources": ["addon.c", "product.c", "pack.c", "variants.c", "self-test.c"],
      "defines": ["GRADFOLD_VERSION=\"<!(node -p \"require('../../../../package.json').version\")\""],
      "cflags": ["-O2", "-std=gnu11", "-ffp-contract=off"],
      "xcode_settings": { "OTHER_CFLAGS": ["-O2", "-std=gnu11", "-ffp-contract=off"] }
    }
  ]
}
