#!/usr/bin/env bash
# Holds what target/dist contains, in a fresh Debian without Java: the archive runs; the package installs, does its job as the user
# and with the command line of the unit, and survives upgrade, removal and purge. Called by `./mvnw -Pdist verify`.
#
# Needs root, Debian, a JDK 25 in JAVA_HOME (mvnw sets it), and the packages of the list below. Ends with 1 at the first check that
# fails. DIST_SUITE: the release of Debian; DIST_BASE: a folder that keeps its files for the next run; DIST_PORT: of the daemon.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
dist=$root/target/dist
suite=${DIST_SUITE:-bookworm} port=${DIST_PORT:-18185}
export LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive
. "$root/src/dist/simulator.sh"
unset LINODE_TOKEN LINODE_CLI_TOKEN LINODE_URL IMAGEFERRY_URL IMAGEFERRY_API_TOKEN

[ "$(id -u)" = 0 ] || fail "this needs root, for chroot and dpkg"
for tool in debootstrap lintian systemd-analyze dpkg-deb curl mke2fs setpriv xz zstd bzip2; do
  command -v "$tool" >/dev/null || fail "there is no $tool (apt-get install debootstrap lintian systemd dpkg curl e2fsprogs util-linux xz-utils zstd bzip2)"
done
archive=$(echo "$dist"/imageferry-*-linux-x86_64.tar.gz)
package=$(echo "$dist"/imageferry_*_amd64.deb)
[ -f "$archive" ] && [ -f "$package" ] || fail "there is no release in $dist: run ./mvnw -Pdist package"
(cd "$dist" && sha256sum --check --quiet SHA256SUMS)

scratch=$(mktemp -d)
chroot=$scratch/root
daemon= simulator= listener=
clean() {
  for process in $daemon $simulator $listener; do
    kill "$process" 2>/dev/null || true
  done
  wait || true
  umount "$chroot/proc" "$chroot/dev/shm" 2>/dev/null || true
  mountpoint -q "$chroot/proc" || mountpoint -q "$chroot/dev/shm" || rm -rf --one-file-system "$scratch"
}
trap clean EXIT

# ---- what needs no root file system
lintian --fail-on error,warning --tag-display-limit 0 --allow-root "$package" || fail "lintian complains"
passed "lintian is content"

base=${DIST_BASE:-$scratch/base}
[ -d "$base/usr" ] || debootstrap --variant=minbase "$suite" "$base" >"$scratch/debootstrap.log" || fail "debootstrap failed: $(tail -n 1 "$scratch/debootstrap.log")"
cp -a "$base" "$chroot"
mount -t proc proc "$chroot/proc"
mount -t tmpfs -o mode=1777 tmpfs "$chroot/dev/shm" # PostgreSQL
[ -z "$(find "$chroot" -xdev -name java -path '*/bin/*')" ] || fail "the root has a Java"
in_root() { chroot "$chroot" /usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root "$@"; }

start_simulator

# ---- the archive, as any user
tar -C "$chroot/opt" -xzf "$archive"
release=$(cd "$chroot/opt" && echo imageferry-*)
echo "size: archive $(stat -c %s "$archive") bytes, unpacked $(du -sb "$chroot/opt/$release" | cut -f1) bytes, package $(stat -c %s "$package") bytes"
in_root "/opt/$release/bin/imageferry" --version || fail "the archive does not run"
image first
cp "$scratch/images/first.img.gz" "$chroot/tmp"
in_root "/opt/$release/bin/imageferry" inspect /tmp/first.img.gz || fail "inspect refuses a good image"
in_root useradd --uid 4242 --no-create-home try # initdb looks its user up
mkdir -m 0700 "$chroot/srv/try" && chown 4242:4242 "$chroot/srv/try"
start=$(date +%s%N)
chroot --userspec=4242:4242 "$chroot" /usr/bin/env -i -C /srv/try PATH=/usr/bin:/bin LINODE_TOKEN="$token" LINODE_URL="$linode" \
  IMAGEFERRY_IMAGE_REGION=us-ord QUARKUS_HTTP_PORT="$port" "/opt/$release/bin/imageferry" run >"$scratch/archive.log" 2>&1 &
daemon=$!
await_ready "$scratch/archive.log"
echo "start to ready, new database: $(milliseconds "$start") ms"
install -o 4242 "$scratch/images/first.img.gz" "$chroot/srv/try/data/drop/"
IMAGEFERRY_URL=http://127.0.0.1:$port "$chroot/opt/$release/bin/imageferry" wait first.img.gz --timeout=2m || fail "no image: $(tail -n 5 "$scratch/archive.log")"
stop_daemon
passed "the archive runs without Java and does its job"
# completion, in a shell that has no other
in_root bash -c ". /opt/$release/share/bash-completion/completions/imageferry; COMP_WORDS=(imageferry ins) COMP_CWORD=1; _complete_imageferry; [ \"\${COMPREPLY[*]}\" = inspect ]" ||
  fail "bash does not complete a command"
passed "bash completes commands"

# ---- the package
cat >"$chroot/usr/sbin/policy-rc.d" <<'END'
#!/bin/sh
echo "$@" >>/policy.log # deb-systemd-invoke asks here; 101 forbids, so that nothing outside is started
exit 101
END
chmod +x "$chroot/usr/sbin/policy-rc.d"
mkdir -p "$chroot/run/systemd/system"
cp "$package" "$chroot/tmp/imageferry.deb"
in_root apt-get -qq install -y --no-install-recommends adduser /tmp/imageferry.deb >"$scratch/install.log" 2>&1 || fail "the package does not install: $(tail "$scratch/install.log")"
grep -q 'put the Linode token into' "$scratch/install.log" || fail "the installation does not say what is missing"
in_root id imageferry >/dev/null || fail "there is no user imageferry"
[ "$(in_root stat -c '%U %a' /var/lib/imageferry)" = 'imageferry 750' ] || fail "the state directory has the wrong owner or mode"
[ -L "$chroot/etc/systemd/system/multi-user.target.wants/imageferry.service" ] || fail "the unit is not enabled"

unit=$chroot/lib/systemd/system/imageferry.service
# systemd-analyze needs the programs of this machine for the rest of the system
mkdir -p "$scratch/units"
sed "s|^ExecStart=/usr/bin/imageferry|ExecStart=$chroot/usr/lib/imageferry/bin/imageferry|" "$unit" >"$scratch/units/imageferry.service"
systemd-analyze verify --man=no "$scratch/units/imageferry.service" >"$scratch/verify.log" 2>&1 || fail "systemd-analyze verify: $(cat "$scratch/verify.log")"
! grep -i 'imageferry' "$scratch/verify.log" || fail "systemd-analyze verify complains"
exposure=$(systemd-analyze security --offline=true "$unit" | sed -n 's/.*exposure level for imageferry.service: \([0-9.]*\).*/\1/p')
awk -v exposure="$exposure" 'BEGIN { exit !(exposure != "" && exposure < 2.0) }' || fail "exposure $exposure is not below 2.0"
passed "the unit is valid, exposure $exposure"

# what systemd makes of the unit, without systemd: user, directory, umask, credential, environment, notification, command
value() { sed -n "s/^$1=//p" "$unit" | head -n 1; }
credentials=/run/credentials/imageferry.service
start_unit() { # SECONDS_TO_READY_FILE
  install -d -o imageferry -m 0500 "$chroot$credentials" 2>/dev/null || { mkdir -p "$chroot$credentials"; }
  local id=$(value LoadCredential)
  cp "$chroot${id#*:}" "$chroot$credentials/${id%%:*}"
  in_root chown -R imageferry "$credentials"
  in_root chmod -R go= "$credentials"
  local environment=()
  while IFS= read -r line; do environment+=("${line//%d/$credentials}"); done < <(sed -n 's/^Environment=//p' "$unit")
  [ ! -f "$chroot/etc/imageferry/environment" ] || while IFS= read -r line; do environment+=("$line"); done <"$chroot/etc/imageferry/environment"
  rm -f "$chroot/run/notify"
  "$JAVA_HOME/bin/java" --enable-native-access=ALL-UNNAMED "$root/src/dist/ReceiveNotification.java" "$chroot/run/notify" >"$scratch/notified" &
  listener=$!
  for _ in $(seq 200); do [ -S "$chroot/run/notify" ] && break; sleep 0.1; done
  in_root chown imageferry /run/notify
  # shellcheck disable=SC2046 # the command line is words
  chroot "$chroot" /usr/bin/setpriv --reuid="$(value User)" --regid="$(value Group)" --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all \
    /usr/bin/env -i -C "$(value WorkingDirectory)" PATH=/usr/sbin:/usr/bin:/sbin:/bin "${environment[@]}" CREDENTIALS_DIRECTORY="$credentials" \
    NOTIFY_SOCKET=/run/notify /bin/sh -c "umask $(value UMask); exec $(value ExecStart)" >"$scratch/unit.log" 2>&1 &
  daemon=$!
  await_ready "$scratch/unit.log"
  for _ in $(seq 100); do [ -s "$scratch/notified" ] && break; sleep 0.1; done
  [ "$(cat "$scratch/notified")" = "READY=1 $daemon" ] || fail "systemd would not be told by the main process: '$(cat "$scratch/notified")', main process $daemon"
  listener=
}
one_image() { # NAME
  image "$1"
  becomes_image "$1.img.gz"
}
converted_image() { # NAME EXTENSION COMPRESSOR…
  local name=$1 file=$1.raw.$2
  shift 2
  image "$name"
  "$@" <"$scratch/images/disk" >"$scratch/images/$file"
  becomes_image "$file"
}
becomes_image() { # FILE
  install -m 0640 "$scratch/images/$1" "$chroot/var/lib/imageferry/data/drop/"
  in_root chown imageferry: "/var/lib/imageferry/data/drop/$1"
  in_root env "IMAGEFERRY_URL=http://127.0.0.1:$port" imageferry wait "$1" --timeout=2m || fail "no image of $1: $(tail -n 5 "$scratch/unit.log")"
  [ -f "$chroot/var/lib/imageferry/data/drop/done/$1" ] || fail "$1 is not in done/"
}
install -m 0600 /dev/null "$chroot/etc/imageferry/token"
echo "$token" >"$chroot/etc/imageferry/token"
printf 'LINODE_URL=%s\nQUARKUS_HTTP_PORT=%s\n' "$linode" "$port" >"$chroot/etc/imageferry/environment"
printf 'imageferry.image.region=us-ord\nimageferry.drop.convert=true\n' >>"$chroot/etc/imageferry/imageferry.properties"
start_unit
one_image second
converted_image fourth xz xz
converted_image fifth zst zstd -q
converted_image sixth bz2 bzip2
passed "the package does its job as the user and with the command line of the unit, and reports readiness"

# ---- upgrade: stopped before, started after, settings and data kept
: >"$chroot/policy.log"
stop_daemon
in_root dpkg -i /tmp/imageferry.deb >"$scratch/upgrade.log" 2>&1 || fail "the upgrade fails: $(tail "$scratch/upgrade.log")"
[ "$(grep -o 'imageferry.service [a-z]*' "$chroot/policy.log" | cut -d' ' -f2 | paste -sd' ')" = 'stop start' ] || fail "the upgrade does not stop and start: $(cat "$chroot/policy.log")"
grep -q '^imageferry.image.region=us-ord' "$chroot/etc/imageferry/imageferry.properties" || fail "the upgrade lost a setting"
start_unit
in_root env "IMAGEFERRY_URL=http://127.0.0.1:$port" imageferry show second.img.gz >/dev/null || fail "the upgrade lost a job"
one_image third
stop_daemon
passed "an upgrade keeps settings and jobs"

in_root dpkg --remove imageferry >/dev/null 2>&1 || fail "the package cannot be removed"
[ ! -e "$chroot/usr/lib/imageferry" ] && [ ! -e "$chroot/usr/bin/imageferry" ] || fail "programs stay after the removal"
[ -f "$chroot/etc/imageferry/imageferry.properties" ] && [ -f "$chroot/etc/imageferry/token" ] &&
  [ -f "$chroot/var/lib/imageferry/data/drop/done/third.img.gz" ] || fail "the removal deleted settings or data"
in_root dpkg --purge imageferry >"$scratch/purge.log" 2>&1 || fail "the package cannot be purged: $(tail "$scratch/purge.log")"
[ ! -e "$chroot/etc/imageferry" ] && [ ! -e "$chroot/var/lib/imageferry/data/postgres" ] &&
  [ -n "$(find "$chroot/var/lib/imageferry/data/drop/done" -name '*.img.gz')" ] &&
  [ -z "$(find "$chroot/etc/systemd" -name 'imageferry.service')" ] || fail "the purge left something, or deleted the files in the drop folder"
passed "removal keeps settings and data, purge deletes all but the files in the drop folder"
