#!/bin/sh
# printf '%s\n' a b c d e | spread run --wire json -j4 -- sh examples/moody/moody.sh [SEED]
# shellcheck source=worker_sdk/sh/spread-worker.sh
. "$(dirname "$0")/../../worker_sdk/sh/spread-worker.sh"

worker=${SPREAD_WORKER-0} draws=0
seed="${1-$(date +%s) $$} $worker ${SPREAD_GENERATION-0}"

# The next number from 0 to 99999, in $drawn.
draw() {
    draws=$((draws + 1))
    drawn=$(printf '%s' "$seed $draws" | cksum)
    drawn=$((${drawn%% *} % 100000))
}

answer() {
    [ "$1" != null ] || exit 0
    draw
    if [ "$drawn" -lt 10000 ]; then
        spread_busy 0.1 'in a bad mood'
        return
    fi
    draw
    if [ "$drawn" -lt 50000 ]; then
        draw
        sleep "$(awk "BEGIN { print -log(($drawn + 1) / 100000) / 30 }")"
    fi
    text=${1#\"}
    printf 'stdout:%s\n' "${text%\"}"
    echo stderr >&2
    spread_ok_json "$1"
}

draw
[ "$worker" = 0 ] || [ "$drawn" -ge 30000 ] || exit 1
spread_run -j answer
