#!/usr/bin/env bash
# What a newcomer does, on nothing but a JDK and Maven: installs zerohop into a local repository that was empty, builds the sample projects against it and
# runs them. The commands are those of docs/getting-started.md. With the repository goes everything that was downloaded into it.
set -euo pipefail

cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."
repository="$(mktemp -d)"
trap 'rm -rf "$repository"' EXIT

step() {
  local begun=$SECONDS what="$1"
  shift
  "$@"
  printf 'samples: %s: %s s\n' "$what" "$((SECONDS - begun))"
}

maven() {
  mvn -B -q -Dmaven.repo.local="$repository" "$@"
}

step "install into an empty repository" \
  maven install -pl lb-bom,lb-grpc,lb-okhttp,extensions/lb-server -am -Dmaven.test.skip -Dmaven.javadoc.skip -Dspotless.check.skip
for sample in compat/samples/*/; do
  step "build and run ${sample%/}" maven -f "$sample" clean compile exec:java
done
