#!/usr/bin/env bash
# train_test_split rounds the size of the test part up, after a product in floating point. 0.07
# times 100 is a little above 7, so 8 rows are tested; likewise 15 for 0.14, 29 for 0.28, 56 for
# 0.55. The same share given as train_size is rounded down.
#
# Version: scikit-learn 1.2.1 (python3-sklearn of Debian 12)
# Guess: Shares that give a whole number of rows give that number.
# Seen:
#   test_size 0.07 train 92 test 8
#   test_size 0.14 train 85 test 15
#   test_size 0.2 train 80 test 20
#   test_size 0.28 train 71 test 29
#   test_size 0.55 train 44 test 56
#   test_size 0.56 train 43 test 57
#   percents with another size [7, 14, 28, 55, 56]
#   as train_size [29, 57, 58]
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
from sklearn.model_selection import train_test_split
for percent in (7, 14, 20, 28, 55, 56):
    train, test = train_test_split(range(100), test_size=percent / 100)
    print('test_size', percent / 100, 'train', len(train), 'test', len(test))
wrong = [p for p in range(1, 100) if len(train_test_split(range(100), test_size=p / 100)[1]) != p]
print('percents with another size', wrong)
wrong = [p for p in range(1, 100) if len(train_test_split(range(100), train_size=p / 100)[0]) != p]
print('as train_size', wrong)
END

got=$(/usr/bin/python3 run.py 2> log) || { cat log; exit 1; }
want=$(cat <<'END'
test_size 0.07 train 92 test 8
test_size 0.14 train 85 test 15
test_size 0.2 train 80 test 20
test_size 0.28 train 71 test 29
test_size 0.55 train 44 test 56
test_size 0.56 train 43 test 57
percents with another size [7, 14, 28, 55, 56]
as train_size [29, 57, 58]
END
)
if [ "$got" != "$want" ]; then
  printf 'changed\nwant:\n%s\ngot:\n%s\n' "$want" "$got"
  exit 1
fi
echo 'holds: scikit-learn-test-part-of-7-percent-of-100-rows-has-8'
