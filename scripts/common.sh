# shellcheck shell=bash
# Sourced by the scripts beside it: the checkout, and how it is configured and built.

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

# CPUs that this process may use, unlike what a shared machine has in all.
jobs=${SPREAD_JOBS:-$(nproc)}

# configure_preset NAME [cmake option]...: quietly; the log is shown when it fails. With Ninja where it
# is (only now: scripts/deps may just have brought it); a folder that was configured with something
# else keeps it, unless that never came to an end.
configure_preset() {
  local preset=$1 log
  shift
  log=build/configure-$preset.log
  if [[ -z ${CMAKE_GENERATOR-} ]] && command -v ninja >/dev/null; then
    export CMAKE_GENERATOR=Ninja
  fi
  mkdir -p build
  if [[ ! -e build/$preset/build.ninja && ! -e build/$preset/Makefile ]]; then
    rm -rf "build/$preset/CMakeCache.txt" "build/$preset/CMakeFiles"
  fi
  if ! cmake --preset "$preset" "$@" >"$log" 2>&1; then
    cat "$log" >&2
    return 1
  fi
}

# build_preset NAME [cmake option]...: configures and builds.
build_preset() {
  configure_preset "$@"
  cmake --build "build/$1" --parallel "$jobs"
}

# The files of this project, tracked or about to be: format and lint look at these and nothing else.
own_files() {  # own_files PATTERN...
  git ls-files --cached --others --exclude-standard -- "$@" | while IFS= read -r file; do
    if [[ -f $file ]]; then echo "$file"; fi  # one that was deleted is still listed
  done
}
