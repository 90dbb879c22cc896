#!/bin/sh
# Prints the path of an etcd server for the tests: the one on the PATH, else one that is extracted from the Debian package into build/etcd of this
# checkout. With --next, always the one of the next Debian release, extracted into build/etcd-next. Never installs it: the package's installation adds a
# user and starts the server on its default ports. Safe to run again and at the same time.
set -eu

# The release after the one that the tests run on, and the etcd in it: 3.5.
next_suite=trixie

root=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)
case "${1-}" in
  '')
    if found=$(command -v etcd); then
      echo "$found"
      exit 0
    fi
    directory=etcd
    otherwise='put an etcd of version 3.4 or later on the PATH'
    ;;
  --next)
    directory=etcd-next
    otherwise='run without --long'
    ;;
  *)
    echo "etcd.sh: unknown argument '$1', expected --next or nothing" >&2
    exit 2
    ;;
esac
binary="$root/build/$directory/usr/bin/etcd"
if [ -x "$binary" ]; then
  echo "$binary"
  exit 0
fi
for tool in apt-get dpkg-deb; do
  if ! command -v "$tool" >/dev/null; then
    echo "etcd.sh: no etcd was found and no $tool to fetch one: $otherwise" >&2
    exit 1
  fi
done

mkdir -p "$root/build"
work=$(mktemp -d "$root/build/etcd.XXXXXX")
trap 'rm -rf "$work"' EXIT INT TERM
cd "$work"
set --
if [ "$directory" = etcd-next ]; then
  # Lists and caches of its own: what this machine installs from stays what it was.
  mkdir -p lists/partial cache/archives/partial
  cat >next.sources <<SOURCES
Types: deb
URIs: http://deb.debian.org/debian
Suites: $next_suite
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
SOURCES
  set -- -o "Dir::Etc::sourcelist=$work/next.sources" -o Dir::Etc::sourceparts=/dev/null \
    -o "Dir::State::lists=$work/lists" -o "Dir::Cache=$work/cache"
fi
if ! apt-get "$@" download etcd-server >apt.log 2>&1; then
  # The package lists are missing or too old to name a file that still exists.
  if ! { apt-get "$@" update && apt-get "$@" download etcd-server; } >>apt.log 2>&1; then
    cat apt.log >&2
    echo "etcd.sh: the package etcd-server cannot be fetched: $otherwise" >&2
    exit 1
  fi
fi
dpkg-deb -x etcd-server_*.deb extracted
mkdir -p "$(dirname -- "$binary")"
# One rename, so that a run beside this one never sees half a file.
mv -f extracted/usr/bin/etcd "$binary"
echo "$binary"
