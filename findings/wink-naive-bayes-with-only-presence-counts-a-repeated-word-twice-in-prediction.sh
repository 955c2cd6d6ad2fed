#!/usr/bin/env bash
# With considerOnlyPresence the classifier counts a word once for each text it learns from, but in
# computeOdds and predict each occurrence counts again: repeating a word doubles its evidence. A
# text can change its class by repetition that training is blind to. With smoothingFactor 0 a word
# seen in one class alone, the strongest evidence, is unknown.
#
# Version: wink-naive-bayes-text-classifier 2.2.1
# Guess: Presence is taken in both: good good is good. Without smoothing such a word decides.
# Seen:
#   good -> plus 4.01
#   good good -> plus 7.02
#   bad bad good -> minus 2.99
#   bad good good -> plus 3.52
#   without smoothing: good -> unknown
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts wink-naive-bayes-text-classifier@2.2.1 > /dev/null

cat > run.cjs <<'END'
const make = (smoothingFactor) => {
  const model = require('wink-naive-bayes-text-classifier')()
  model.definePrepTasks([(text) => text.split(' ')])
  model.defineConfig({ considerOnlyPresence: true, smoothingFactor })
  for (let i = 0; i < 6; i++) model.learn('good nice fine good w' + i, 'plus')
  for (let i = 0; i < 3; i++) model.learn('bad ugly awful v' + i, 'minus')
  model.consolidate()
  return model
}
const model = make(0.5)
for (const text of ['good', 'good good', 'bad bad good', 'bad good good']) {
  const [[label, odds]] = model.computeOdds(text)
  console.log(text, '->', label, odds.toFixed(2))
}
console.log('without smoothing: good ->', make(0).predict('good'))
END

got=$(node run.cjs 2> log) || { cat log; exit 1; }
want=$(cat <<'END'
good -> plus 4.01
good good -> plus 7.02
bad bad good -> minus 2.99
bad good good -> plus 3.52
without smoothing: good -> unknown
END
)
if [ "$got" != "$want" ]; then
  printf 'changed\nwant:\n%s\ngot:\n%s\n' "$want" "$got"
  exit 1
fi
echo 'holds: wink-naive-bayes-with-only-presence-counts-a-repeated-word-twice-in-prediction'
