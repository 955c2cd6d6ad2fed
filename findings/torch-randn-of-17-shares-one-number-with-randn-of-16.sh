#!/usr/bin/env bash
# With one seed the normal numbers of torch.randn depend on how many are asked for. A vector of 15
# and one of 16 share none of their numbers, 16 and 17 share one, 32 and 48 share all 32. torch.rand
# gives a common beginning always. So one more unit changes all the weights of a layer that is drawn
# from a normal distribution, or none.
#
# Version: PyTorch 1.13.1 (python3-torch of Debian 12), CPU
# Guess: A longer draw from one seed begins with the shorter one, as with torch.rand and in NumPy.
# Seen:
#   rand 8 and 9 share 8
#   rand 15 and 16 share 15
#   rand 16 and 17 share 16
#   rand 17 and 18 share 17
#   rand 32 and 48 share 32
#   randn 8 and 9 share 8
#   randn 15 and 16 share 0
#   randn 16 and 17 share 1
#   randn 17 and 18 share 15
#   randn 32 and 48 share 32
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
def draw(f, n):
    torch.manual_seed(0)
    return f(n)
for f in (torch.rand, torch.randn):
    for short, long in ((8, 9), (15, 16), (16, 17), (17, 18), (32, 48)):
        equal = (draw(f, short) == draw(f, long)[:short]).sum().item()
        print(f.__name__, short, 'and', long, 'share', equal)
END

got=$(/usr/bin/python3 run.py 2> log) || { cat log; exit 1; }
want=$(cat <<'END'
rand 8 and 9 share 8
rand 15 and 16 share 15
rand 16 and 17 share 16
rand 17 and 18 share 17
rand 32 and 48 share 32
randn 8 and 9 share 8
randn 15 and 16 share 0
randn 16 and 17 share 1
randn 17 and 18 share 15
randn 32 and 48 share 32
END
)
if [ "$got" != "$want" ]; then
  printf 'changed\nwant:\n%s\ngot:\n%s\n' "$want" "$got"
  exit 1
fi
echo 'holds: torch-randn-of-17-shares-one-number-with-randn-of-16'
