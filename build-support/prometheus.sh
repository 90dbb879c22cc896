#!/bin/sh
# Prints the directory that has prometheus and promtool, for the tests of docs/monitoring: that of the ones on the PATH, else build/prometheus/usr/bin of this checkout, where
# they are extracted from the Debian package. Never installs it: the package's installation adds a user and starts the server on its default port. Safe to run again and at the
# same time.
set -eu

root=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)
if [ $# -gt 0 ]; then
  echo "prometheus.sh: unknown argument '$1', expected nothing" >&2
  exit 2
fi
if found=$(command -v promtool) && [ -x "$(dirname -- "$found")/prometheus" ]; then
  dirname -- "$found"
  exit 0
fi
binaries="$root/build/prometheus/usr/bin"
if [ -x "$binaries/promtool" ] && [ -x "$binaries/prometheus" ]; then
  echo "$binaries"
  exit 0
fi
otherwise='put prometheus and promtool of version 2.40 or later on the PATH'
for tool in apt-get dpkg-deb; do
  if ! command -v "$tool" >/dev/null; then
    echo "prometheus.sh: no promtool was found and no $tool to fetch one: $otherwise" >&2
    exit 1
  fi
done

mkdir -p "$root/build"
work=$(mktemp -d "$root/build/prometheus.XXXXXX")
trap 'rm -rf "$work"' EXIT INT TERM
cd "$work"
if ! apt-get download prometheus >apt.log 2>&1; then
  # The package lists are missing or too old to name a file that still exists.
  if ! { apt-get update && apt-get download prometheus; } >>apt.log 2>&1; then
    cat apt.log >&2
    echo "prometheus.sh: the package prometheus cannot be fetched: $otherwise" >&2
    exit 1
  fi
fi
dpkg-deb -x prometheus_*.deb extracted
mkdir -p "$binaries"
# One rename for each, so that a run beside this one never sees half a file.
mv -f extracted/usr/bin/prometheus "$binaries/prometheus"
mv -f extracted/usr/bin/promtool "$binaries/promtool"
echo "$binaries"
