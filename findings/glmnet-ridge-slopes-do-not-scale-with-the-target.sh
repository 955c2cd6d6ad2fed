#!/usr/bin/env bash
# glmnet divides a numeric target by its standard deviation before it fits, and lambda with it. For
# ridge that is one division too many: the penalty that acts is lambda over the deviation of the
# target. So ten times the target gives 13.8 times the slope at lambda 1, not 10. A lambda chosen
# elsewhere has to be multiplied by the deviation first.
#
# Version: R 4.2.2 with glmnet 4.1-6 (Debian 12)
# Guess: Ridge is linear in the target: ten times the target, ten times the slopes.
# Seen:
#   glmnet, lambda 1: 0.84 for ten times the target 11.62 
#   formula, lambda 1: 0.7 for ten times the target 6.96 
#   formula, lambda 1 over the deviation: 0.84 for ten times the target 11.62 
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
for package in r-base-core=4.2.2.20221110-2 r-cran-glmnet=4.1-6-1; do
  if [ "$(dpkg-query -W -f '${Version}' "${package%%=*}" 2> /dev/null || true)" != "${package#*=}" ]; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$package" > /dev/null
  fi
done

cat > run.R <<'END'
suppressMessages(library(glmnet))
x <- cbind(c(1, 2, 3, 4, 5, 6), c(2, 1, 4, 3, 6, 5))
y <- c(1, 2, 3, 4, 5, 7)
deviation <- sqrt(mean((y - mean(y))^2))
show <- function(name, slope) cat(name, round(slope(y), 2), 'for ten times the target', round(slope(10 * y), 2), '\n')
show('glmnet, lambda 1:', function(y) as.numeric(coef(glmnet(x, y, alpha = 0, lambda = 1, standardize = FALSE, thresh = 1e-14)))[2])
centred <- scale(x, TRUE, FALSE)
ridge <- function(y, lambda) solve(t(centred) %*% centred / 6 + lambda * diag(2), t(centred) %*% (y - mean(y)) / 6)[1]
show('formula, lambda 1:', function(y) ridge(y, 1))
show('formula, lambda 1 over the deviation:', function(y) ridge(y, 1 / sqrt(mean((y - mean(y))^2))))
END

got=$(Rscript --vanilla run.R 2> log) || { cat log; exit 1; }
want=$(cat <<'END'
glmnet, lambda 1: 0.84 for ten times the target 11.62 
formula, lambda 1: 0.7 for ten times the target 6.96 
formula, lambda 1 over the deviation: 0.84 for ten times the target 11.62 
END
)
if [ "$got" != "$want" ]; then
  printf 'changed\nwant:\n%s\ngot:\n%s\n' "$want" "$got"
  exit 1
fi
echo 'holds: glmnet-ridge-slopes-do-not-scale-with-the-target'
