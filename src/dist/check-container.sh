#!/usr/bin/env bash
# Builds the image of deploy/container with Buildah and runs it as a runtime would: with the user, folder, environment, entry point and
# health check of the image, a read-only root file system, a volume, and secrets in files. It does its job against the simulator, and
# jobs outlive the container. For machines without Docker and without registries: the base is made by debootstrap, and chroot
# replaces the runtime.
#
# Needs root, Debian with buildah, debootstrap, curl, e2fsprogs and util-linux, a JDK 25 in JAVA_HOME, and what `./mvnw -Pdist package`
# makes. Called by `./mvnw -Pdist verify`. DIST_SUITE, DIST_BASE and DIST_PORT are those of check.sh.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
dist=$root/target/dist
suite=${DIST_SUITE:-bookworm} port=${DIST_PORT:-18185}
export LC_ALL=C.UTF-8
. "$root/src/dist/simulator.sh"

[ "$(id -u)" = 0 ] || fail "this needs root"
for tool in buildah debootstrap curl mke2fs setpriv; do
  command -v "$tool" >/dev/null || fail "there is no $tool (apt-get install buildah debootstrap curl e2fsprogs util-linux)"
done

scratch=$(mktemp -d)
run=$scratch/root
daemon= simulator=
store() { buildah --root "$scratch/storage" --runroot "$scratch/run" --storage-driver vfs "$@"; }
clean() {
  for process in $daemon $simulator; do
    kill "$process" 2>/dev/null || true
  done
  wait || true
  umount --recursive "$run" 2>/dev/null || true
  mountpoint -q "$run" || rm -rf --one-file-system "$scratch"
}
trap clean EXIT

# ---- build
base=${DIST_BASE:-$scratch/base}
[ -d "$base/usr" ] || debootstrap --variant=minbase "$suite" "$base" >"$scratch/debootstrap.log" || fail "debootstrap failed: $(tail -n 1 "$scratch/debootstrap.log")"
tar -C "$base" --one-file-system -cf "$scratch/base.tar" .
container=$(store from --isolation chroot scratch)
store add --quiet "$container" "$scratch/base.tar" / >/dev/null
store commit --quiet --rm "$container" localhost/base >/dev/null
rm "$scratch/base.tar"
store bud --isolation chroot --network host --format docker --build-arg BASE=localhost/base --file "$root/deploy/container/Containerfile" --tag imageferry "$dist" \
  >"$scratch/build.log" 2>&1 || fail "the image is not built: $(tail -n 5 "$scratch/build.log")"
passed "the image is built"

# ---- run
value() { store inspect --type image --format "{{$1}}" imageferry; }
user=$(value .Docker.Config.User) folder=$(value .Docker.Config.WorkingDir)
entrypoint=$(value 'index .Docker.Config.Entrypoint 0') command=$(value 'index .Docker.Config.Cmd 0') health=$(value 'index .Docker.Config.Healthcheck.Test 1')
mapfile -t environment < <(value 'range .Docker.Config.Env}}{{println .}}{{end' | grep .)
mapfile -t volumes < <(value 'range $path, $_ := .Docker.Config.Volumes}}{{println $path}}{{end' | grep .)
[ "$user" = 10001:10001 ] && [ "${volumes[*]}" = /var/lib/imageferry/data ] || fail "user $user, volumes ${volumes[*]}"

container=$(store from imageferry)
mkdir "$run" "$scratch/secrets" "$scratch/volume"
cp -a "$(store mount "$container")/var/lib/imageferry/data/." "$scratch/volume" # a new volume has the content and the owner of the image
chown "$user" "$scratch/volume"
mount --bind "$(store mount "$container")" "$run"
mount -o remount,bind,ro "$run"
mount --bind "$scratch/volume" "$run/var/lib/imageferry/data"
mount -t tmpfs -o mode=1777 tmpfs "$run/tmp"
mount -t tmpfs -o mode=0755 tmpfs "$run/run"
mkdir "$run/run/secrets"
mount -t proc proc "$run/proc"
mount -t tmpfs -o mode=1777 tmpfs "$run/dev/shm"
! touch "$run/etc/x" 2>/dev/null || fail "the root file system can be written"

start_simulator
printf '%s\n' "$token" >"$run/run/secrets/linode-token"
head -c 24 /dev/urandom | base64 >"$run/run/secrets/api-token"
inside=(chroot "$run" /usr/bin/setpriv "--reuid=${user%:*}" "--regid=${user#*:}" --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all
  /usr/bin/env -i -C "$folder" "${environment[@]}" "QUARKUS_HTTP_PORT=$port")
in_container() { "${inside[@]}" "$@"; }
start_container() { # LOG
  local start=$(date +%s%N)
  # not the function, whose process would be a shell around the daemon
  "${inside[@]}" IMAGEFERRY_IMAGE_REGION=us-ord LINODE_URL="$linode" IMAGEFERRY_LINODE_TOKEN_FILE=/run/secrets/linode-token \
    IMAGEFERRY_API_TOKEN_FILE=/run/secrets/api-token "$entrypoint" "$command" >"$1" 2>&1 &
  daemon=$!
  await_ready "$1"
  echo "start to ready: $(milliseconds "$start") ms"
  in_container "$health" || fail "the health check fails although the daemon is ready"
}
in_client() { in_container "IMAGEFERRY_URL=http://127.0.0.1:$port" "IMAGEFERRY_API_TOKEN=$(cat "$run/run/secrets/api-token")" imageferry "$@"; }

! in_container "$health" 2>/dev/null || fail "the health check succeeds without a daemon"
chmod 0600 "$run/run/secrets/api-token"
! in_container IMAGEFERRY_API_TOKEN_FILE=/run/secrets/api-token "$entrypoint" "$command" >"$scratch/refused.log" 2>&1 || fail "an unreadable secret is accepted"
grep -q '^imageferry: cannot read /run/secrets/api-token' "$scratch/refused.log" || fail "an unreadable secret is not named: $(cat "$scratch/refused.log")"
chmod 0644 "$run/run/secrets/api-token"

start_container "$scratch/first.log"
image first
install -m 0644 "$scratch/images/first.img.gz" "$run/var/lib/imageferry/data/drop/"
chown "$user" "$run/var/lib/imageferry/data/drop/first.img.gz"
in_client wait first.img.gz --timeout=2m || fail "no image: $(tail -n 5 "$scratch/first.log")"
grep -q '"inflater" *: *"isa-l"' <(in_container imageferry inspect --json "$folder/data/drop/done/first.img.gz") || fail "ISA-L is not used"
stop_daemon
start_container "$scratch/second.log" # the same volume
in_client show first.img.gz >/dev/null || fail "a new container lost the job"
stop_daemon
[ -s "$run/opt/imageferry/lib/quarkus-app/imageferry.aot" ] || fail "there is no AOT cache"
! grep -rqF "$(cat "$run/run/secrets/api-token")" "$scratch/first.log" "$scratch/second.log" || fail "the log has the API token"
passed "the container does its job without a writable root file system, and a new one continues"
