#!/usr/bin/env bash
# knn of the R package class lets all neighbours vote that are as far as the k-th. With k = 1 and
# four points at distance 1 the answer is the majority of the four, and the share of votes reported
# is 0.75. Equal votes are broken by the random generator, so two calls can differ. use.all = FALSE
# draws k of them by chance.
#
# Version: R 4.2.2 with class 7.3-21 (r-cran-class of Debian 12)
# Guess: k = 1 asks one neighbour: the first of the tied ones, with a vote of 1.
# Seen:
#   k 1, classes a b b b at distance 1: b share 0.75 
#   k 1, classes a a b b, 200 calls: 2 different answers
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
for package in r-base-core=4.2.2.20221110-2 r-cran-class=7.3-21-1; do
  if [ "$(dpkg-query -W -f '${Version}' "${package%%=*}" 2> /dev/null || true)" != "${package#*=}" ]; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$package" > /dev/null
  fi
done

cat > run.R <<'END'
library(class)
train <- rbind(c(0, 1), c(1, 0), c(0, -1), c(-1, 0))
answer <- knn(train, c(0, 0), factor(c('a', 'b', 'b', 'b')), k = 1, prob = TRUE)
cat('k 1, classes a b b b at distance 1:', as.character(answer), 'share', attr(answer, 'prob'), '\n')
set.seed(1)
tied <- replicate(200, as.character(knn(train, c(0, 0), factor(c('a', 'a', 'b', 'b')), k = 1)))
cat('k 1, classes a a b b, 200 calls:', length(unique(tied)), 'different answers\n')
END

got=$(Rscript --vanilla run.R 2> log) || { cat log; exit 1; }
want=$(cat <<'END'
k 1, classes a b b b at distance 1: b share 0.75 
k 1, classes a a b b, 200 calls: 2 different answers
END
)
if [ "$got" != "$want" ]; then
  printf 'changed\nwant:\n%s\ngot:\n%s\n' "$want" "$got"
  exit 1
fi
echo 'holds: knn-of-r-class-lets-more-than-k-neighbours-vote'
