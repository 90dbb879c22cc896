#!/usr/bin/env bash
# Runs test classes again and again while busy loops take the processors, to find the tests whose verdict depends on the machine's speed.
# Ends with 0 if every run passed. Everything that it starts ends with it, the loops after an hour at the latest.
set -euo pipefail

usage() {
  printf 'usage: %s [--times N] [--loops N] MODULE CLASS[,CLASS...]\n' "$(basename "$0")" >&2
  printf 'N runs (20) beside N busy loops (4), such as: %s lb-okhttp FaultsTest,RetryTest\n' "$(basename "$0")" >&2
  exit 2
}

times=20
loops=4
while [ $# -gt 0 ]; do
  case "$1" in
    --times) times=${2:-}; shift 2 || usage ;;
    --loops) loops=${2:-}; shift 2 || usage ;;
    -*) usage ;;
    *) break ;;
  esac
done
[ $# -eq 2 ] || usage
[[ $times =~ ^[1-9][0-9]*$ && $loops =~ ^[0-9]+$ ]] || usage
module=$1
classes=$2

cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."
build-support/etcd.sh >/dev/null
run=(mvn -B -q -pl "$module" -am "-Dtest=$classes" -Dsurefire.failIfNoSpecifiedTests=false -Dspotless.check.skip test)
log=$(mktemp)

pids=()
finish() {
  [ ${#pids[@]} -eq 0 ] || kill "${pids[@]}" 2>/dev/null || true
  rm -f "$log"
}
trap finish EXIT
trap 'exit 130' INT TERM

# Compiled before the loops begin: what is measured is the tests.
mvn -B -q -pl "$module" -am -Dspotless.check.skip test-compile
for ((i = 0; i < loops; i++)); do
  timeout 3600 bash -c 'while :; do :; done' &
  pids+=($!)
done

failed=0
for ((i = 1; i <= times; i++)); do
  begun=$SECONDS
  if "${run[@]}" >"$log" 2>&1; then
    printf 'run %d of %d: passed in %d s\n' "$i" "$times" "$((SECONDS - begun))"
  else
    failed=$((failed + 1))
    printf 'run %d of %d: FAILED in %d s\n' "$i" "$times" "$((SECONDS - begun))"
    grep -E '^\[ERROR\]|Tests run:' "$log" | head -40 || tail -40 "$log"
  fi
done
printf '%s %s: %d of %d runs failed beside %d busy loops\n' "$module" "$classes" "$failed" "$times" "$loops"
[ "$failed" -eq 0 ]
