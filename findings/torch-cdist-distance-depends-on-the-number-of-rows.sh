#!/usr/bin/env bash
# torch.cdist takes the differences of points up to 25 rows, and |x|^2 + |y|^2 - 2xy beyond. The
# second form loses all digits far from 0: the distance of two points near 1000 is 0.1414 in a batch
# of 25 rows and 0 in one of 26. compute_mode donot_use_mm_for_euclid_dist keeps it.
#
# Version: PyTorch 1.13.1 (python3-torch of Debian 12), CPU
# Guess: The distance of two points does not depend on how many other rows stand beside them, but
# for a last digit.
# Seen:
#   rows 1 distance 0.141 by differences 0.141
#   rows 25 distance 0.141 by differences 0.141
#   rows 26 distance 0.0 by differences 0.141
#   rows 1000 distance 0.0 by differences 0.141
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
for package in python3-torch=1.13.1+dfsg-4; do
  if [ "$(dpkg-query -W -f '${Version}' "${package%%=*}" 2> /dev/null || true)" != "${package#*=}" ]; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$package" > /dev/null
  fi
done

cat > run.py <<'END'
import torch
for rows in (1, 25, 26, 1000):
    x, y = torch.full((rows, 2), 1000.0), torch.full((rows, 2), 1000.1)
    exact = torch.cdist(x, y, compute_mode='donot_use_mm_for_euclid_dist')
    print('rows', rows, 'distance', round(torch.cdist(x, y)[0, 0].item(), 3), 'by differences', round(exact[0, 0].item(), 3))
END

got=$(/usr/bin/python3 run.py 2> log) || { cat log; exit 1; }
want=$(cat <<'END'
rows 1 distance 0.141 by differences 0.141
rows 25 distance 0.141 by differences 0.141
rows 26 distance 0.0 by differences 0.141
rows 1000 distance 0.0 by differences 0.141
END
)
if [ "$got" != "$want" ]; then
  printf 'changed\nwant:\n%s\ngot:\n%s\n' "$want" "$got"
  exit 1
fi
echo 'holds: torch-cdist-distance-depends-on-the-number-of-rows'
