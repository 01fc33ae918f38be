#!/bin/sh
# The common script of collectives in a shell: the same calls, and the same answer, as script.py and
# tests/support/workers/gang_script.cc. $SPREAD_SDK is the folder of spread-worker.sh.
# shellcheck source=worker_sdk/sh/spread-worker.sh
. "$SPREAD_SDK/spread-worker.sh"
# shellcheck source=worker_sdk/sh/spread-gang.sh
. "$SPREAD_SDK/spread-gang.sh"

# typed DTYPE SHAPE BYTE...: a typed array of one axis, of these bytes
typed() {
    dtype=$1 shape=$2
    shift 2
    data=$(for byte in "$@"; do printf '%b' "\\0$(printf '%03o' "$byte")"; done | base64)
    typed="{\"dtype\":\"$dtype\",\"shape\":[$shape],\"data\":{\"\$bin\":\"$data\"}}"
}

# items FORMAT JSON: the items of a typed array, as a list
items() {
    base64=${2##*'bin":"'}
    items=$(printf %s "${base64%%\"*}" | base64 -d | od -An -v -t"$1" | tr -s ' \n' ',,')
    items=${items#,}
    items="[${items%,}]"
}

# add NAME: the answer gets a key with the last call's result
add() { answer="$answer,\"$1\":$SPREAD_ANSWER"; }

collectives() {
    n=$1
    spread_rank
    rank=$SPREAD_ANSWER
    spread_size
    size=$SPREAD_ANSWER
    root=false
    [ "$rank" != 0 ] || root=true
    answer="\"place\":[$rank,$size,$root]"
    spread_barrier && spread_broadcast "\"from $rank\"" && add broadcast &&
        spread_allgather $((n + 10 * rank)) && add allgather &&
        spread_exchange who $((n + 100 * rank)) && add exchange &&
        spread_reduce product $((rank + 1)) && add reduce || return 1
    spread_allreduce sum $((n + rank)) || return 1
    all=$SPREAD_ANSWER
    spread_allreduce min $((n - rank)) || return 1
    all=$all,$SPREAD_ANSWER
    spread_allreduce max $((n + rank)) || return 1
    answer="$answer,\"allreduce\":[$all,$SPREAD_ANSWER]"
    spread_allreduce max "$rank.5" && add real || return 1
    typed i4 3 "$rank" 0 0 0 "$n" 0 0 0 255 255 255 255
    spread_allreduce sum "$typed" || return 1
    items d4 "$SPREAD_ANSWER"
    answer="$answer,\"array\":$items"
    bytes='' sizes='' parts=''
    while [ "${i:=0}" -lt "$size" ]; do
        [ "$i" -gt "$rank" ] || bytes="$bytes $rank"
        parts="$parts,\"part $i\""
        i=$((i + 1))
        sizes="$sizes,$i"
    done
    i=
    # shellcheck disable=SC2086  # words
    typed u1 $((rank + 1)) $bytes
    spread_gather "[${sizes#,}]" "$typed" || return 1
    items=null
    [ $root = false ] || items u1 "$SPREAD_ANSWER"
    answer="$answer,\"gather\":$items"
    spread_scatter "[${parts#,}]" && add scatter && spread_put left $((n + rank)) &&
        spread_barrier && spread_get left && add get
}

handler() {
    if collectives "$1"; then spread_ok_json "{$answer}"; else spread_gang_failed; fi
}

spread_run handler
