# Sourced by mvnw (POSIX sh): with -Pdist, Maven runs so that two builds are equal, whatever the umask, time zone and locale of the
# caller. Quarkus 3.33 writes the content of some sets into classes in the order of their hashes. The -XX options make the hash of an
# object a constant, and give Set.of the order that it always has while a JVM records classes for an AOT cache. Nothing uses the recording.
for argument; do
  case $argument in
  -P*dist*)
    umask 022
    mkdir -p "$(dirname "$0")/target"
    MAVEN_OPTS="${MAVEN_OPTS-} -Duser.timezone=UTC -Duser.language=en -Duser.country=US -XX:+UnlockExperimentalVMOptions -XX:hashCode=2 \
-XX:AOTMode=record -XX:AOTConfiguration=target/maven.aotconf -Xlog:disable"
    export MAVEN_OPTS
    ;;
  esac
done
