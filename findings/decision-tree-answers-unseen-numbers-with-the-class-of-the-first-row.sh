#!/usr/bin/env bash
# The decision-tree package of npm takes each number for a category of its own. A number between two
# training rows, or beyond them, gets the class of the row that came first in the data, so the order
# of the rows decides. evaluate on the training rows says 1.
#
# Version: decision-tree 1.0.0
# Guess: A number that lies between two rows of one class gets that class: a threshold is learned.
# Seen:
#   low rows first | seen 0 low 9.75 high | unseen 0.1 low, 9.7 low, 100 low | evaluate 1
#   high rows first | seen 0 low 9.75 high | unseen 0.1 high, 9.7 high, 100 high | evaluate 1
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts decision-tree@1.0.0 > /dev/null

cat > run.cjs <<'END'
const DecisionTree = require('decision-tree').default
const rows = Array.from({ length: 40 }, (_, i) => ({ x: i / 4, y: i > 9 ? 'high' : 'low' }))
for (const [name, data] of [['low rows first', rows], ['high rows first', [...rows].reverse()]]) {
  const tree = new DecisionTree('y', ['x'])
  tree.train(data)
  const answers = [0.1, 9.7, 100].map((x) => `${x} ${tree.predict({ x })}`)
  console.log(name, '| seen 0', tree.predict({ x: 0 }), '9.75', tree.predict({ x: 9.75 }), '| unseen', answers.join(', '), '| evaluate', tree.evaluate(rows))
}
END

got=$(node run.cjs 2> log) || { cat log; exit 1; }
want=$(cat <<'END'
low rows first | seen 0 low 9.75 high | unseen 0.1 low, 9.7 low, 100 low | evaluate 1
high rows first | seen 0 low 9.75 high | unseen 0.1 high, 9.7 high, 100 high | evaluate 1
END
)
if [ "$got" != "$want" ]; then
  printf 'changed\nwant:\n%s\ngot:\n%s\n' "$want" "$got"
  exit 1
fi
echo 'holds: decision-tree-answers-unseen-numbers-with-the-class-of-the-first-row'
