#!/usr/bin/env bash
# dump_svmlight_file counts columns from 0 by default; load_svmlight_file guesses from the smallest
# column number in the file. Where the first column holds zeros only, no 0 is written, the reader
# takes the file for one that counts from 1, and the matrix comes back a column narrower with every
# column shifted. zero_based=True in the reader is needed.
#
# Version: scikit-learn 1.2.1 (python3-sklearn of Debian 12)
# Guess: What the writer writes with its defaults the reader of the same module reads back with its
# defaults.
# Seen:
#   first column 9.0 {} [[9.0, 0.0, 2.0], [0.0, 1.0, 0.0]]
#   first column 9.0 {'zero_based': True} [[9.0, 0.0, 2.0], [0.0, 1.0, 0.0]]
#   first column 0.0 {} [[0.0, 2.0], [1.0, 0.0]]
#   first column 0.0 {'zero_based': True} [[0.0, 0.0, 2.0], [0.0, 1.0, 0.0]]
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
for package in python3-sklearn=1.2.1+dfsg-1; do
  if [ "$(dpkg-query -W -f '${Version}' "${package%%=*}" 2> /dev/null || true)" != "${package#*=}" ]; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$package" > /dev/null
  fi
done

cat > run.py <<'END'
import io
import numpy as np
from sklearn.datasets import dump_svmlight_file, load_svmlight_file
for first in (9.0, 0.0):
    file = io.BytesIO()
    dump_svmlight_file(np.array([[first, 0, 2], [0, 1, 0]]), [1, 0], file)
    for options in ({}, {'zero_based': True}):
        file.seek(0)
        print('first column', first, options, load_svmlight_file(file, **options)[0].toarray().tolist())
END

got=$(/usr/bin/python3 run.py 2> log) || { cat log; exit 1; }
want=$(cat <<'END'
first column 9.0 {} [[9.0, 0.0, 2.0], [0.0, 1.0, 0.0]]
first column 9.0 {'zero_based': True} [[9.0, 0.0, 2.0], [0.0, 1.0, 0.0]]
first column 0.0 {} [[0.0, 2.0], [1.0, 0.0]]
first column 0.0 {'zero_based': True} [[0.0, 0.0, 2.0], [0.0, 1.0, 0.0]]
END
)
if [ "$got" != "$want" ]; then
  printf 'changed\nwant:\n%s\ngot:\n%s\n' "$want" "$got"
  exit 1
fi
echo 'holds: scikit-learn-svmlight-file-loses-an-empty-first-column'
