#!/usr/bin/env bash
# ksvm of kernlab estimates the width of its default kernel from a random half of the rows. Two
# calls on the same data give two widths and two sets of decision values, though training an SVM has
# nothing random. A seed before each call, or a given width, repeats it.
#
# Version: R 4.2.2 with kernlab 0.9-32 (Debian 12)
# Guess: A support vector machine is a convex problem: the same data give the same machine.
# Seen:
#   five calls: 5 widths
#   five calls with one seed: 1 width
#   five calls with sigma 0.5: 1 width
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
for package in r-base-core=4.2.2.20221110-2 r-cran-kernlab=0.9-32-1; do
  if [ "$(dpkg-query -W -f '${Version}' "${package%%=*}" 2> /dev/null || true)" != "${package#*=}" ]; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$package" > /dev/null
  fi
done

cat > run.R <<'END'
suppressMessages(library(kernlab))
x <- as.matrix(iris[1:100, 1:4])
y <- factor(iris$Species[1:100])
set.seed(1)
width <- function(...) kpar(kernelf(ksvm(x, y, ...)))$sigma
cat('five calls:', length(unique(replicate(5, width()))), 'widths\n')
cat('five calls with one seed:', length(unique(replicate(5, { set.seed(2); width() }))), 'width\n')
cat('five calls with sigma 0.5:', length(unique(replicate(5, width(kpar = list(sigma = 0.5))))), 'width\n')
END

got=$(Rscript --vanilla run.R 2> log) || { cat log; exit 1; }
want=$(cat <<'END'
five calls: 5 widths
five calls with one seed: 1 width
five calls with sigma 0.5: 1 width
END
)
if [ "$got" != "$want" ]; then
  printf 'changed\nwant:\n%s\ngot:\n%s\n' "$want" "$got"
  exit 1
fi
echo 'holds: kernlab-svm-of-the-same-data-is-another-one-at-each-call'
