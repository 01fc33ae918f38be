#!/bin/sh
# seq 10 | spread run --wire json --in json -- sh examples/square/square.sh
# shellcheck source=worker_sdk/sh/spread-worker.sh
. "$(dirname "$0")/../../worker_sdk/sh/spread-worker.sh"
square() {
    # Arithmetic would take a word for a variable's name: only digits may reach it.
    case $1 in
        '' | *[!0-9]*) spread_error TypeError "not a whole number: $1" ;;
        *) spread_ok_json $(($1 * $1)) ;;
    esac
}
spread_run square
