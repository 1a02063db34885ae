#!/usr/bin/env bash
# Builds the release again in a folder of another name, with another time zone, locale and umask, and compares it with target/dist, byte
# for byte. Names the entries that differ. Called by `./mvnw -Pdist verify`.
#
# Needs a JDK 25 in JAVA_HOME (mvnw sets it). Arguments: offline=true or offline=false, and the local repository of Maven
set -euo pipefail
options=(-B -ntp "-Dmaven.repo.local=$2" -Pdist)
[ "$1" != offline=true ] || options+=(--offline)
root=$(cd "$(dirname "$0")/../.." && pwd)

fail() {
  echo "check: $*" >&2
  exit 1
}
[ -s "$root/target/dist/SHA256SUMS" ] || fail "there is no release in $root/target/dist: run ./mvnw -Pdist package"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
again=$scratch/another/folder
mkdir -p "$again"
tar -C "$root" --exclude=./target -cf - . | tar -C "$again" --no-same-owner -xmf -
(
  cd "$again"
  umask 077
  TZ=Pacific/Auckland LC_ALL=C ./mvnw "${options[@]}" package
) >"$scratch/build.log" 2>&1 || fail "the second build failed: $(tail "$scratch/build.log")"

unpack() { # ARCHIVE FOLDER
  mkdir -p "$2"
  case $1 in
  *.tar.gz) tar -C "$2" -xzf "$1" ;;
  *.deb) dpkg-deb -R "$1" "$2" ;;
  *.jar) (cd "$2" && "$JAVA_HOME/bin/jar" -xf "$1") ;;
  esac
}
differences() { # FIRST SECOND NAME: two files; prints what differs in them
  case $1 in
  *.tar.gz | *.deb | *.jar) ;;
  *) echo "$3" && return ;;
  esac
  local parts
  parts=$(mktemp -d -p "$scratch")
  unpack "$1" "$parts/first"
  unpack "$2" "$parts/second"
  local file found=
  while IFS= read -r -d '' file; do
    [ -L "$parts/first/$file" ] || [ -L "$parts/second/$file" ] || cmp -s "$parts/first/$file" "$parts/second/$file" || {
      found=1
      if [ -f "$parts/first/$file" ] && [ -f "$parts/second/$file" ]; then
        differences "$parts/first/$file" "$parts/second/$file" "$3: $file"
      else
        echo "$3: $file is in one of them only"
      fi
    }
  done < <(cd "$parts" && find first second ! -type d -printf '%P\0' | sort -zu)
  [ -n "$found" ] || echo "$3: the order, times or modes of its entries"
}
cmp -s "$root/target/dist/SHA256SUMS" "$again/target/dist/SHA256SUMS" || {
  while read -r _ file; do
    if [ ! -f "$root/target/dist/$file" ] || [ ! -f "$again/target/dist/$file" ]; then
      echo "differs: $file is in one build only"
    elif ! cmp -s "$root/target/dist/$file" "$again/target/dist/$file"; then
      differences "$root/target/dist/$file" "$again/target/dist/$file" "$file" | sed 's/^/differs: /'
    fi
  done < <(sort -u -k 2 "$root/target/dist/SHA256SUMS" "$again/target/dist/SHA256SUMS")
  fail "two builds of one commit are not equal"
}
echo "check: two builds of one commit are equal, byte for byte"
