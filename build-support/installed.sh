#!/bin/sh
# Installs the Debian packages of programs that tests drive, such as chromium and tmux, unless programs of these names are on the PATH already. For ./verify --long,
# under which no test is skipped for want of them.
set -eu

for program; do
  if command -v "$program" >/dev/null; then
    continue
  fi
  if ! command -v apt-get >/dev/null; then
    echo "installed.sh: no $program was found and no apt-get to install it: put it on the PATH, or run without --long" >&2
    exit 1
  fi
  log=$(mktemp)
  # The package lists are missing or too old to name a file that still exists.
  if ! { apt-get install -y --no-install-recommends "$program" || { apt-get update && apt-get install -y --no-install-recommends "$program"; }; } >"$log" 2>&1 </dev/null; then
    cat "$log" >&2
    rm -f "$log"
    echo "installed.sh: the package $program cannot be installed: put the program on the PATH, or run without --long" >&2
    exit 1
  fi
  rm -f "$log"
done
