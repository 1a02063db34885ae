# Sourced by mvnw (POSIX sh): `./mvnw -Pdemo` and `./mvnw -Prun` without a goal build only when a source has changed, without
# Maven's output, and then replace the shell with the program. Under Maven, Ctrl-C would end Maven before the program has
# stopped.

# Whether the arguments are one of the two profiles and other options.
imageferry_is_start() {
  profile=
  for argument; do
    case $argument in
    -Pdemo | -Prun) profile=${argument#-P} ;;
    -*) ;;
    *) return 1 ;;
    esac
  done
  [ -n "$profile" ]
}

imageferry_is_built() {
  [ -f "$jar" ] && [ -f "$built" ] && [ -z "$(find pom.xml mvnw .mvn src/main src/simulator -newer "$built")" ]
}

imageferry_build() {
  if [ -f "$jar" ]; then
    echo "Building Imageferry"
  else
    echo "Building Imageferry. The first build takes about 2 minutes"
  fi
  mkdir -p target
  touch "$built.begun" # before the sources are read: a change during the build counts
  if ! ./mvnw -B -ntp "$@" process-classes jar:jar quarkus:build >target/start.log 2>&1; then
    grep -E '^(\[(WARNING|ERROR)\]|mvnw:) ' target/start.log >&2 || cat target/start.log >&2
    echo "The build failed; its log is target/start.log" >&2
    exit 1
  fi
  mv "$built.begun" "$built"
}

imageferry_start() {
  cd "$(dirname "$0")"
  jar=target/quarkus-app/quarkus-run.jar
  built=target/$profile-built
  imageferry_is_built || imageferry_build "$@"
  for argument; do # passes on the settings, without Maven's options
    shift
    case $argument in -Dimageferry.* | -Dquarkus.*) set -- "$@" "$argument" ;; esac
  done
  export LC_ALL=C.UTF-8
  case $profile in
  # netty's use of Unsafe makes newer JVMs print warnings
  demo) set -- -Dio.netty.noUnsafe=true "$@" -cp "target/simulator-classes:target/quarkus-app/lib/main/*" dev.imageferry.simulator.Demo "$jar" ;;
  run) set -- "$@" -jar "$jar" ;;
  esac
  exec "$JAVA_HOME/bin/java" "$@"
}

if imageferry_is_start "$@"; then
  imageferry_start "$@"
fi
