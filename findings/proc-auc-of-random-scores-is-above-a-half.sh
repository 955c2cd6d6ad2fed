#!/usr/bin/env bash
# auc of pROC chooses the direction of the scores by itself, from the medians of the two groups.
# Scores that rank every case the wrong way round have an area of 1, and the mean area of 500 sets
# of 20 random scores is 0.6. direction must be named for an area below a half.
#
# Version: R 4.2.2 with pROC 1.18.0 (Debian 12)
# Guess: A reversed ranking has area 0, and random scores have 0.5 in the mean.
# Seen:
#   reversed ranking 1 with direction < 0 
#   mean of random scores 0.6 with direction < 0.5 
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
for package in r-base-core=4.2.2.20221110-2 r-cran-proc=1.18.0-1+b1; do
  if [ "$(dpkg-query -W -f '${Version}' "${package%%=*}" 2> /dev/null || true)" != "${package#*=}" ]; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$package" > /dev/null
  fi
done

cat > run.R <<'END'
suppressMessages(library(pROC))
labels <- rep(0:1, 10)
wrong <- 1 - labels + (1:20) / 100
cat('reversed ranking', as.numeric(auc(labels, wrong, quiet = TRUE)), 'with direction <', as.numeric(auc(labels, wrong, direction = '<', quiet = TRUE)), '\n')
set.seed(1)
scores <- replicate(500, rnorm(20), simplify = FALSE)
mean_auc <- function(...) format(round(mean(sapply(scores, function(s) as.numeric(auc(labels, s, quiet = TRUE, ...)))), 1), nsmall = 1)
cat('mean of random scores', mean_auc(), 'with direction <', mean_auc(direction = '<'), '\n')
END

got=$(Rscript --vanilla run.R 2> log) || { cat log; exit 1; }
want=$(cat <<'END'
reversed ranking 1 with direction < 0 
mean of random scores 0.6 with direction < 0.5 
END
)
if [ "$got" != "$want" ]; then
  printf 'changed\nwant:\n%s\ngot:\n%s\n' "$want" "$got"
  exit 1
fi
echo 'holds: proc-auc-of-random-scores-is-above-a-half'
