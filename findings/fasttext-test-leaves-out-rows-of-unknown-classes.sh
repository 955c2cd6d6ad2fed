#!/usr/bin/env bash
# fasttext test counts a row only where its label occurred in training. Two rows of a new class,
# which no answer can match, vanish from N, and precision stays 1. A test set with the new classes
# of a later month looks as good as one without.
#
# Version: fastText 0.9.2 (fasttext of Debian 12)
# Guess: A row whose label is unknown is a wrong answer, or an error: N is the number of rows.
# Seen:
#   known.txt rows 2
#   N	2
#   P@1	1
#   R@1	1
#   more.txt rows 4
#   N	2
#   P@1	1
#   R@1	1
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
for package in fasttext=0.9.2+ds-1+b1; do
  if [ "$(dpkg-query -W -f '${Version}' "${package%%=*}" 2> /dev/null || true)" != "${package#*=}" ]; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$package" > /dev/null
  fi
done

cat > run.sh <<'END'
printf '__label__fruit apple pear\n__label__fruit pear fig\n__label__animal cat dog\n__label__animal dog cow\n' > train.txt
fasttext supervised -input train.txt -output model -dim 4 -epoch 200 -lr 1 -thread 1 -seed 1 > log 2>&1
printf '__label__fruit apple\n__label__animal cat\n' > known.txt
printf '__label__fruit apple\n__label__animal cat\n__label__tool apple\n__label__tool cat\n' > more.txt
for file in known.txt more.txt; do
  echo "$file rows $(wc -l < $file)"
  fasttext test model.bin $file
done
END

got=$(bash run.sh 2> log) || { cat log; exit 1; }
want=$(cat <<'END'
known.txt rows 2
N	2
P@1	1
R@1	1
more.txt rows 4
N	2
P@1	1
R@1	1
END
)
if [ "$got" != "$want" ]; then
  printf 'changed\nwant:\n%s\ngot:\n%s\n' "$want" "$got"
  exit 1
fi
echo 'holds: fasttext-test-leaves-out-rows-of-unknown-classes'
