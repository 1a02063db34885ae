# Sourced by check.sh and check-container.sh: a simulated Linode, files for it, and the daemon that is checked. These set root, port and
# scratch (an empty folder), and JAVA_HOME.

fail() {
  echo "check: $*" >&2
  exit 1
}
passed() { echo "check: $*"; }

# sets linode (its address), token and simulator (its process, which ends with this script)
start_simulator() {
  mkdir "$scratch/classes" "$scratch/images"
  find "$root/src/simulator/java" -name '*.java' -print0 | xargs -0 "$JAVA_HOME/bin/javac" -nowarn -d "$scratch/classes" \
    -cp "$root/target/quarkus-app/lib/main/*" "$root/src/dist/RunSimulator.java" 2>"$scratch/javac.log" || fail "$(tail "$scratch/javac.log")"
  mkfifo "$scratch/open" # ends the simulator when this script ends
  "$JAVA_HOME/bin/java" -cp "$scratch/classes:$root/target/quarkus-app/lib/main/*" RunSimulator <"$scratch/open" >"$scratch/simulator" 2>"$scratch/simulator.log" &
  simulator=$!
  exec 9>"$scratch/open"
  for _ in $(seq 300); do [ -s "$scratch/simulator" ] && break; sleep 0.1; done
  read -r linode token <"$scratch/simulator" || fail "the simulator does not start"
}
image() { # NAME: a raw disk image, compressed
  truncate -s 32M "$scratch/images/disk"
  mke2fs -q -F -t ext4 -L "$1" "$scratch/images/disk"
  gzip -c "$scratch/images/disk" >"$scratch/images/$1.img.gz"
}
await_ready() { # LOG
  for _ in $(seq 1200); do
    curl -fs "http://127.0.0.1:$port/q/health/ready" >/dev/null && return 0
    kill -0 "$daemon" 2>/dev/null || fail "the daemon ended: $(tail -n 5 "$1")"
    sleep 0.1
  done
  fail "the daemon is not ready: $(tail -n 5 "$1")"
}
stop_daemon() {
  kill "$daemon"
  local status=0
  wait "$daemon" || status=$?
  daemon=
  [ "$status" = 143 ] || [ "$status" = 0 ] || fail "the daemon ended with status $status"
}
milliseconds() { echo $((($(date +%s%N) - $1) / 1000000)); }
