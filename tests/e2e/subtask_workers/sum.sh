#!/bin/sh
# The common script of sub-tasks in a shell: the same calls, and the same answer, as sum.py and
# tests/support/workers/subtask_sum.cc. $SPREAD_SDK is the folder of spread-worker.sh. With arguments it
# has no master: each is a payload.
# shellcheck source=worker_sdk/sh/spread-worker.sh
. "$SPREAD_SDK/spread-worker.sh"
# shellcheck source=worker_sdk/sh/spread-subtasks.sh
. "$SPREAD_SDK/spread-subtasks.sh"

# [n,levels]
total() {
    levels=${1##*[, ]}
    levels=${levels%]}
    n=${1#[}
    n=${n%%,*}
    if [ "$levels" = 0 ]; then
        if spread_parent; then
            spread_common
            n=$((n * SPREAD_ANSWER))
        fi
        spread_ok_json "$n"
        return
    fi
    list='' k=1
    while [ "$k" -le "$n" ]; do
        list="$list,[$k,$((levels - 1))]"
        k=$((k + 1))
    done
    if ! { spread_submit "[${list#,}]" 10 && ids=$SPREAD_ANSWER &&
        spread_wait "$ids" $((n > 0)) && spread_wait "$ids" && spread_fetch "$SPREAD_ANSWER"; }; then
        spread_subtasks_failed
        return
    fi
    case $SPREAD_ANSWER in
        *error*) spread_error subtask "$SPREAD_ANSWER"; return ;;
    esac
    sum=0
    for value in $(printf %s "$SPREAD_ANSWER" | tr -cs '0-9' ' '); do sum=$((sum + value)); done
    spread_ok_json "$sum"
}

if [ $# -eq 0 ]; then
    spread_run total
    exit
fi
spread_register total
for payload in "$@"; do
    total "$payload"
    printf '%s\n' "$SPREAD_ANSWER"
done
