#!/usr/bin/env bash
# Makes the release in target/dist from target/quarkus-app: the archive with its own Java runtime, the Debian package, and
# SHA256SUMS. Called by `./mvnw -Pdist package`. Two builds of one commit are equal, byte for byte (check-reproducible.sh).
#
# Arguments: version, time for a build without a repository (ISO-8601), JDK
set -euo pipefail
version=$1 jdk=$3
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root"
export LC_ALL=C.UTF-8 TZ=UTC0
umask 022

if [ "$(uname -sm)" != 'Linux x86_64' ]; then
  echo "dist: archive and package are made only on x86-64 Linux, because jlink links the runtime of the machine that it runs on" >&2
  exit 0
fi

# files have the time of the commit
epoch=$(git log -1 --format=%ct 2>/dev/null || date -d "$2" +%s)
export SOURCE_DATE_EPOCH=$epoch
dist=$root/target/dist
work=$root/target/dist-work
name=imageferry-$version
release=$work/$name
rm -rf "$work"
rm -f "$dist"/*.tar.gz "$dist"/*.deb "$dist"/SHA256SUMS
mkdir -p "$dist" "$release/lib"

# what jdeps finds in the classes is more: java.desktop, java.compiler and jdk.compiler are behind features that are not
# used; jdeps does not see jdk.zipfs, a service, and jdk.security.auth, which tells whether the user is root. check.sh runs what is used
modules=java.base,java.instrument,java.logging,java.management,java.naming,java.net.http,java.rmi,java.security.jgss,java.sql
modules=$modules,java.transaction.xa,java.xml,jdk.jfr,jdk.management,jdk.net,jdk.security.auth,jdk.unsupported,jdk.zipfs
"$jdk/bin/jlink" --add-modules "$modules" --strip-debug --no-header-files --no-man-pages --compress zip-9 --output "$release/runtime"

command -v strip >/dev/null || {
  echo "dist: there is no strip (package binutils)" >&2
  exit 1
}
find "$release/runtime" -type f \( -name '*.so' -o -path '*/bin/*' -o -name jspawnhelper -o -name jexec \) -exec chmod u+w {} + -exec strip --strip-unneeded {} +

# bin also has whatever prepares the start: an AOT cache is made where the release is installed (it belongs to one machine and is not
# reproducible), as lib/quarkus-app/imageferry.aot
cp -r bin config docs deploy LICENSE README.md CHANGELOG.md SECURITY.md "$release"
rm -rf "$release/deploy/container/secrets" # secrets of a compose.yaml that runs in this tree
cp .mvn/find-jdk.sh "$release/lib"
cp -r target/quarkus-app "$release/lib"
find "$release/lib/quarkus-app" \( -name '*.jsa' -o -name '*.aot' \) -delete
"$jdk/bin/java" src/build/java/StableNames.java "$release/lib/quarkus-app/quarkus/generated-bytecode.jar"

imageferry() {
  env -i PATH="$PATH" HOME=/nonexistent COLUMNS=80 NO_COLOR=1 "$release/bin/imageferry" "$@"
}

# completion and man page come from the program itself
completions=$release/share/bash-completion/completions
mkdir -p "$completions" "$release/share/zsh/site-functions" "$release/share/man/man1"
imageferry completion bash | sed 1d >"$completions/imageferry"
{
  printf '#compdef imageferry\n'
  imageferry completion zsh
  printf '\n# this call, which has loaded the file, completes too\n_bash_complete -o default -F _complete_imageferry\n'
} >"$release/share/zsh/site-functions/_imageferry"

commands=$(imageferry --help | sed -n '/^Commands:/,/^$/s/^  \([a-z][a-z-]*\) .*/\1/p')
{
  printf '.TH IMAGEFERRY 1 "%s" "Imageferry %s" "User Commands"\n' "$(date -d "@$epoch" +%Y-%m-%d)" "$version"
  cat src/dist/man/begin.roff
  for command in $commands; do
    printf '.SS %s\n.EX\n' "$command"
    imageferry "$command" --help | sed 's/\\/\\e/g; s/-/\\-/g; s/^\([.'"'"']\)/\\\&\1/'
    printf '.EE\n'
  done
  cat src/dist/man/end.roff
} >"$release/share/man/man1/imageferry.1"

find "$work" -exec touch -h -d "@$epoch" {} +
chmod -R u=rwX,go=rX "$work"
tar -C "$work" --sort=name --mtime="@$epoch" --owner=0 --group=0 --numeric-owner --format=gnu -cf - "$name" |
  gzip -9n >"$dist/$name-linux-x86_64.tar.gz"

debian() {
  local package=$work/debian
  local debian_version=${version/-SNAPSHOT/\~snapshot}
  local home=$package/usr/lib/imageferry share=$package/usr/share documents=$package/usr/share/doc/imageferry
  mkdir -p "$package/DEBIAN" "$home" "$documents" "$package/usr/bin" "$share/man/man1" "$share/bash-completion/completions" \
    "$share/zsh/vendor-completions" "$share/lintian/overrides" "$package/etc/imageferry" "$package/var/lib/imageferry" \
    "$package/lib/systemd/system"
  cp -r "$release/bin" "$release/lib" "$release/runtime" "$home"
  ln -s ../lib/imageferry/bin/imageferry "$package/usr/bin/imageferry"
  cp config/imageferry.properties "$package/etc/imageferry"
  # the daemon reads config/ in its working directory
  ln -s /etc/imageferry "$package/var/lib/imageferry/config"
  cp deploy/imageferry.service "$package/lib/systemd/system"
  cp "$release/share/bash-completion/completions/imageferry" "$share/bash-completion/completions"
  cp "$release/share/zsh/site-functions/_imageferry" "$share/zsh/vendor-completions"
  gzip -9n <"$release/share/man/man1/imageferry.1" >"$share/man/man1/imageferry.1.gz"
  cp -r "$release/docs" "$release/deploy" README.md SECURITY.md "$documents"
  gzip -9n <CHANGELOG.md >"$documents/NEWS.md.gz"
  printf 'imageferry (%s) unstable; urgency=medium\n\n  * See NEWS.md.gz.\n\n -- Imageferry <imageferry@users.noreply.github.com>  %s\n' \
    "$debian_version" "$(date -R -d "@$epoch")" | gzip -9n >"$documents/changelog.gz"
  cp src/dist/debian/copyright "$documents"
  cp src/dist/debian/lintian-overrides "$share/lintian/overrides/imageferry"
  cp src/dist/debian/postinst src/dist/debian/prerm src/dist/debian/postrm "$package/DEBIAN"
  echo /etc/imageferry/imageferry.properties >"$package/DEBIAN/conffiles"
  chmod -R u=rwX,go=rX "$package"
  (cd "$package" && find . -path ./DEBIAN -prune -o -type f -printf '%P\0' | sort -z | xargs -0 md5sum) >"$package/DEBIAN/md5sums"
  sed -e "s/@VERSION@/$debian_version/" -e "s/@SIZE@/$(du -k --apparent-size -s "$package" | cut -f1)/" src/dist/debian/control \
    >"$package/DEBIAN/control"
  chmod 0644 "$package/DEBIAN"/{control,conffiles,md5sums}
  find "$package" -exec touch -h -d "@$epoch" {} +
  dpkg-deb --root-owner-group --threads-max=1 -Zxz -z3 --build "$package" "$dist/imageferry_${debian_version}_amd64.deb" >/dev/null
}
if command -v dpkg-deb >/dev/null; then
  debian
else
  echo "dist: no Debian package is made, because there is no dpkg-deb (package dpkg)" >&2
fi

[ -f "$dist/imageferry-$version.cdx.json" ] || echo "dist: there is no software bill of materials, because Maven makes it only online" >&2

(cd "$dist" && find . -maxdepth 1 -type f ! -name SHA256SUMS -printf '%P\n' | sort | xargs sha256sum >SHA256SUMS && cat SHA256SUMS)
rm -rf "$work"
