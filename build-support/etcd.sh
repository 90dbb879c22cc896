#!/bin/sh
# Prints the path of an etcd server for the tests: the one on the PATH, else one that is extracted from the Debian package into build/etcd of this
# checkout. Never installs it: the package's installation adds a user and starts the server on its default ports. Safe to run again and at the same time.
set -eu

root=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)
binary="$root/build/etcd/usr/bin/etcd"

if found=$(command -v etcd); then
  echo "$found"
  exit 0
fi
if [ -x "$binary" ]; then
  echo "$binary"
  exit 0
fi
for tool in apt-get dpkg-deb; do
  if ! command -v "$tool" >/dev/null; then
    echo "etcd.sh: no etcd on the PATH and no $tool to fetch one: put an etcd of version 3.4 or later on the PATH" >&2
    exit 1
  fi
done

mkdir -p "$root/build"
work=$(mktemp -d "$root/build/etcd.XXXXXX")
trap 'rm -rf "$work"' EXIT INT TERM
cd "$work"
if ! apt-get download etcd-server >apt.log 2>&1; then
  # The package lists are missing or too old to name a file that still exists.
  if ! { apt-get update && apt-get download etcd-server; } >>apt.log 2>&1; then
    cat apt.log >&2
    echo "etcd.sh: the package etcd-server cannot be fetched: put an etcd of version 3.4 or later on the PATH" >&2
    exit 1
  fi
fi
dpkg-deb -x etcd-server_*.deb extracted
mkdir -p "$(dirname -- "$binary")"
# One rename, so that a run beside this one never sees half a file.
mv -f extracted/usr/bin/etcd "$binary"
echo "$binary"
