#!/bin/sh
# The primes of a range, in order, as one list:
#     spread run --wire json --range 1000 --shards 8 --gather concat -- sh primes.sh
sdk=$(dirname "$0")/../../worker_sdk/sh
# shellcheck source=worker_sdk/sh/spread-worker.sh
. "$sdk/spread-worker.sh"
# shellcheck source=worker_sdk/sh/spread-shards.sh
. "$sdk/spread-shards.sh"

add_if_prime() {
    [ "$1" -gt 1 ] || return 0
    divisor=2
    while [ $((divisor * divisor)) -le "$1" ]; do
        [ $(($1 % divisor)) -ne 0 ] || return 0
        divisor=$((divisor + 1))
    done
    primes=$primes,$1
}

list_primes() {
    primes=
    if spread_range add_if_prime; then
        spread_ok_json "[${primes#,}]"
    else
        spread_shards_failed
    fi
}
spread_run list_primes
