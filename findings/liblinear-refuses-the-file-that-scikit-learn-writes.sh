#!/usr/bin/env bash
# dump_svmlight_file of scikit-learn counts columns from 0 by default. liblinear-train answers Wrong
# input format, the loader of Weka stops too, and svm-train of the twin project trains without a
# word. With zero_based=False all three read the file.
#
# Version: scikit-learn 1.2.1, LIBLINEAR 2.3.0, LIBSVM 3.24, Weka 3.6.14 (Debian 12)
# Guess: The format is one: what its best known writer writes by default the tools of its authors
# read.
# Seen:
#   default.txt first line: 1 0:5 2:2
#   liblinear-train: Wrong input format at line 1
#   svm-train: trained
#   Weka: an exception
#   from1.txt first line: 1 1:5 3:2
#   liblinear-train: trained
#   svm-train: trained
#   Weka: read
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
for package in python3-sklearn=1.2.1+dfsg-1 liblinear-tools=2.3.0+dfsg-5 libsvm-tools=3.24+ds-6 weka=3.6.14-3; do
  if [ "$(dpkg-query -W -f '${Version}' "${package%%=*}" 2> /dev/null || true)" != "${package#*=}" ]; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$package" > /dev/null
  fi
done

cat > run.sh <<'END'
cat > write.py <<'PY'
from sklearn.datasets import dump_svmlight_file
x, y = [[5, 0, 2], [0, 1, 0], [4, 0, 1], [1, 1, 0]], [1, 0, 1, 0]
dump_svmlight_file(x, y, 'default.txt')
dump_svmlight_file(x, y, 'from1.txt', zero_based=False)
PY
/usr/bin/python3 write.py
for file in default.txt from1.txt; do
  echo "$file first line: $(head -1 $file)"
  liblinear-train -q $file linear.model > said 2>&1 && echo 'liblinear-train: trained' || echo "liblinear-train: $(head -1 said)"
  svm-train -q -t 0 $file svm.model > said 2>&1 && echo 'svm-train: trained' || echo "svm-train: $(head -1 said)"
  java -cp /usr/share/java/weka.jar weka.core.converters.LibSVMLoader $file > said 2>&1 || true
  if grep -q '^@data' said; then echo 'Weka: read'; else echo 'Weka: an exception'; fi
done
END

got=$(bash run.sh 2> log) || { cat log; exit 1; }
want=$(cat <<'END'
default.txt first line: 1 0:5 2:2
liblinear-train: Wrong input format at line 1
svm-train: trained
Weka: an exception
from1.txt first line: 1 1:5 3:2
liblinear-train: trained
svm-train: trained
Weka: read
END
)
if [ "$got" != "$want" ]; then
  printf 'changed\nwant:\n%s\ngot:\n%s\n' "$want" "$got"
  exit 1
fi
echo 'holds: liblinear-refuses-the-file-that-scikit-learn-writes'
