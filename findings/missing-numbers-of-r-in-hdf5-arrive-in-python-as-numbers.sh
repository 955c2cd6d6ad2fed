#!/usr/bin/env bash
# HDF5 has no missing value, and hdf5r says nothing of what stands for it. A missing whole number of
# R arrives in h5py as -2147483648 and a missing truth value as 2; a missing real number is a NaN,
# alike with a real NaN. A matrix of 2 rows and 3 columns arrives as 3 rows and 2 columns, a factor
# as codes from 1.
#
# Version: R 4.2.2 with hdf5r 1.3.8, h5py 3.7.0 (Debian 12)
# Guess: The writer refuses a missing value that the format has no place for, or marks it by an
# attribute.
# Seen:
#   integer (2,) [1, -2147483648] attributes 0
#   logical (3,) [1, 0, 2] attributes 0
#   real (3,) [1.0, nan, nan] attributes 0
#   matrix (3, 2) [[1, 2], [3, 4], [5, 6]] attributes 0
#   factor (3,) [1, 2, 1] attributes 0
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
for package in r-base-core=4.2.2.20221110-2 r-cran-hdf5r=1.3.8+dfsg-1 python3-h5py=3.7.0-8; do
  if [ "$(dpkg-query -W -f '${Version}' "${package%%=*}" 2> /dev/null || true)" != "${package#*=}" ]; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$package" > /dev/null
  fi
done

cat > run.sh <<'END'
cat > write.R <<'R'
suppressMessages(library(hdf5r))
file <- H5File$new('file.h5', 'w')
file[['integer']] <- c(1L, NA)
file[['logical']] <- c(TRUE, FALSE, NA)
file[['real']] <- c(1, NA, NaN)
file[['matrix']] <- matrix(1:6, 2)
file[['factor']] <- factor(c('u', 'v', 'u'))
file$close_all()
R
cat > read.py <<'PY'
import h5py
with h5py.File('file.h5') as file:
    for name in ('integer', 'logical', 'real', 'matrix', 'factor'):
        print(name, file[name].shape, file[name][()].tolist(), 'attributes', len(file[name].attrs))
PY
Rscript --vanilla write.R > /dev/null
/usr/bin/python3 read.py
END

got=$(bash run.sh 2> log) || { cat log; exit 1; }
want=$(cat <<'END'
integer (2,) [1, -2147483648] attributes 0
logical (3,) [1, 0, 2] attributes 0
real (3,) [1.0, nan, nan] attributes 0
matrix (3, 2) [[1, 2], [3, 4], [5, 6]] attributes 0
factor (3,) [1, 2, 1] attributes 0
END
)
if [ "$got" != "$want" ]; then
  printf 'changed\nwant:\n%s\ngot:\n%s\n' "$want" "$got"
  exit 1
fi
echo 'holds: missing-numbers-of-r-in-hdf5-arrive-in-python-as-numbers'
