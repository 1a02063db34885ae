# Sourced by mvnw and bin/imageferry (POSIX sh). Takes the first Java 25 or newer of the release's runtime, JAVA_HOME, PATH and the
# usual folders and exports JAVA_HOME; ends with one line if there is none. Maven must run on it, because the code is compiled for
# 25 and the Quarkus plugin loads it into Maven's own JVM.
#
# imageferry_home: the folder of a release, which has its own runtime. imageferry_caller: who is asking, for the message.
# imageferry_tool: javac for a JDK, java where a runtime is enough.
: "${imageferry_caller:=mvnw}" "${imageferry_tool:=javac}"

imageferry_java_release() {
  # prints the feature release (17, 25, ...) of the Java in $1, nothing when it is none
  [ -x "$1/bin/$imageferry_tool" ] && [ -x "$1/bin/java" ] || return 0
  if [ -r "$1/release" ]; then
    sed -n 's/^JAVA_VERSION="\{0,1\}\([0-9]*\).*/\1/p' "$1/release" | head -n 1
  else
    "$1/bin/$imageferry_tool" -version 2>&1 | sed -n '1s/^[^0-9]*\([0-9]*\).*/\1/p'
  fi
}

imageferry_find_jdk() {
  on_path=$(command -v "$imageferry_tool" 2>/dev/null || true)
  if [ -n "$on_path" ]; then
    # /usr/bin/javac is a chain of links on Debian; what it ends at lies in JDK/bin.
    on_path=$(readlink -f "$on_path" 2>/dev/null || printf '%s' "$on_path")
    on_path=${on_path%/bin/"$imageferry_tool"}
  fi
  for candidate in "${imageferry_home:+$imageferry_home/runtime}" "${JAVA_HOME:-}" "$on_path" \
    /usr/lib/jvm/* /usr/local/lib/jvm/* /usr/java/* /opt/java/* /opt/jdk* /opt/*/jdk* \
    "$HOME"/.sdkman/candidates/java/* "$HOME"/.jdks/* "$HOME"/.gradle/jdks/* "$HOME"/.local/share/mise/installs/java/* \
    /Library/Java/JavaVirtualMachines/*/Contents/Home "$HOME"/Library/Java/JavaVirtualMachines/*/Contents/Home \
    /opt/homebrew/opt/openjdk*/libexec/openjdk.jdk/Contents/Home; do
    [ -n "$candidate" ] || continue
    release=$(imageferry_java_release "$candidate")
    if [ "${release:-0}" -ge 25 ] 2>/dev/null; then
      JAVA_HOME=$candidate
      export JAVA_HOME
      return 0
    fi
  done
  echo "$imageferry_caller: no JDK 25 or newer in JAVA_HOME, PATH, /usr/lib/jvm, ~/.sdkman or ~/.jdks; install one (apt-get install openjdk-25-jdk, temurin-25-jdk from Adoptium, or sdk install java 25-tem) or set JAVA_HOME" >&2
  exit 1
}

set +f # mvnw switches globbing off
imageferry_find_jdk
set -f
