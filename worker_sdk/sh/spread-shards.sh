# shellcheck shell=sh
# Pieces of a range or of arrays, and lists of tasks (docs/shards.md), for workers in POSIX sh: source it
# behind spread-worker.sh.
#
#     . ./spread-worker.sh
#     . ./spread-shards.sh
#     add() { sum=$((sum + $1)); }
#     handler() { sum=0; spread_range add && spread_ok_json "$sum" || spread_shards_failed; }
#     spread_run handler
#
#   spread_shard [PAYLOAD]           which piece the task in work, or this payload, is: SPREAD_INDEX of
#       SPREAD_TOTAL, the numbers from SPREAD_START to SPREAD_STOP - 1 of SPREAD_MAX in all, and
#       SPREAD_PARTS, a JSON list with a piece of each array. Status 1 where it is none;
#       $SPREAD_ANSWER says why then
#   spread_range FUNCTION [PAYLOAD]  calls FUNCTION with each number, until it fails or gives the task's
#       answer. Its status is that of FUNCTION, or of spread_shard. The first one of a task tells how far it is: at most five
#       times a second, where the clock can be read without a process (/proc/uptime), and once at its end
#   spread_part N FUNCTION [PAYLOAD] calls FUNCTION with each element of the piece of array N, counted
#       from 0, as a handler is called with a payload; likewise
#   spread_shards_failed             gives the task's answer: an error with the reason in $SPREAD_ANSWER,
#       where there is one, unless it has been given
#
#   spread_run -l HANDLER [PREP]     HANDLER's $1 is a JSON list of payloads: several where spread sends
#       them so (run --chunk), else one. Its answer is a JSON list of as many results, by spread_ok_json
#
# A handler without -l is called for each payload of a list; hooks are around each such call.

spread_shard() {
    case ${1-${_spread_shard-}} in
        '{'*'}') _spread_value=${1-$_spread_shard} ;;
        *) _spread_no_shard 'its payload is no map'; return ;;
    esac
    _spread_value=${_spread_value#'{'}
    _spread_split "[${_spread_value%'}'}]"
    SPREAD_INDEX='' SPREAD_TOTAL='' SPREAD_START='' SPREAD_STOP='' SPREAD_MAX='' SPREAD_PARTS='[]'
    # shellcheck disable=SC2154
    while IFS= read -r _spread_value; do
        case $_spread_value in
            '"index":'*) SPREAD_INDEX=${_spread_value#*:} ;;
            '"total":'*) SPREAD_TOTAL=${_spread_value#*:} ;;
            '"start":'*) SPREAD_START=${_spread_value#*:} ;;
            '"stop":'*) SPREAD_STOP=${_spread_value#*:} ;;
            '"max":'*) SPREAD_MAX=${_spread_value#*:} ;;
            '"parts":'*) SPREAD_PARTS=${_spread_value#*:} ;;
        esac
    done <<EOF
$_spread_elements
EOF
    _spread_is_integer index "$SPREAD_INDEX" && _spread_is_integer total "$SPREAD_TOTAL" &&
        _spread_is_integer start "$SPREAD_START" && _spread_is_integer stop "$SPREAD_STOP" &&
        _spread_is_integer max "$SPREAD_MAX" || return 1
    [ "$SPREAD_START" -le "$SPREAD_STOP" ] || { _spread_no_shard "its 'start' is above its 'stop'"; return; }
    case $SPREAD_PARTS in
        '['*) ;;
        *) _spread_no_shard "its 'parts' are no list" ;;
    esac
}

spread_range() {
    _spread_function=$1
    shift
    spread_shard "$@" || return
    # FUNCTION may call this, too: what is its own is in the parameters, and there is one that tells.
    set -- "$_spread_function" "$SPREAD_START" "$SPREAD_STOP" ''
    if [ -z "${_spread_told-}" ]; then
        set -- "$1" "$2" "$3" tells
        _spread_begin_telling "$2" "$3"
    fi
    while [ "$2" -lt "$3" ]; do
        "$1" "$2" || { _spread_stopped "$1" "$?"; return; }
        [ -z "${_spread_reply-}" ] || return 0
        set -- "$1" "$(($2 + 1))" "$3" "$4"
        [ -z "$4" ] || [ "$2" -lt "$_spread_until" ] || _spread_tell "$2" "$3"
    done
    [ -z "$4" ] || spread_progress 1
}

spread_part() {
    _spread_which=$1 _spread_function=$2
    shift 2
    spread_shard "$@" || return
    case $_spread_which in
        '' | *[!0-9]*) _spread_value='' ;;
        *)  _spread_split "$SPREAD_PARTS"
            _spread_value=$(printf '%s\n' "$_spread_elements" | sed -n "$((_spread_which + 1))p") ;;
    esac
    if ! _spread_split "$_spread_value"; then
        _spread_refuse NoShard "the shard has no part $_spread_which"
        return
    fi
    set -- "$_spread_function"
    while IFS= read -r _spread_value <&7; do
        [ -n "$_spread_value" ] || continue
        if ! _spread_payload "$_spread_value"; then
            _spread_refuse NulByte 'an element holds a NUL, which a shell variable cannot'
            return
        fi
        "$1" "$_spread_value" 7<&- || { _spread_stopped "$1" "$?"; return; }
        [ -z "${_spread_reply-}" ] || return 0
    done 7<<EOF
$_spread_elements
EOF
}

spread_shards_failed() { [ -n "${_spread_reply-}" ] || _spread_failed; }

_spread_no_shard() { _spread_refuse NoShard "the task is no shard: $1"; }

# FUNCTION, with a status.
_spread_stopped() {
    _spread_refuse exit "$1: exit status $2" || return "$2"
}

_spread_is_integer() {
    case ${2#-} in
        '') _spread_no_shard "its '$1' is missing" ;;
        *[!0-9]*) _spread_no_shard "its '$1' is no integer" ;;
    esac
}

# The hundredths of a second in _spread_now, without a process; status 1 where that cannot be.
_spread_clock() {
    [ -r /proc/uptime ] || return 1
    IFS=' .' read -r _spread_now _spread_value _ </proc/uptime
    _spread_now=$((_spread_now * 100 + 1$_spread_value - 100))
}

# From $1 to $2. It looks at the clock behind each number, and behind every 16th where those take no time.
_spread_begin_telling() {
    _spread_told=yes _spread_from=$1 _spread_until=$2 _spread_stride=1
    _spread_clock || return 0
    _spread_looked=$_spread_now _spread_last_told=$_spread_now _spread_until=$(($1 < $2 ? $1 + 1 : $2))
}

# In front of number $1, behind which $2 is the last.
_spread_tell() {
    [ "$1" -lt "$2" ] && _spread_clock || return 0
    _spread_stride=$((_spread_now > _spread_looked ? 1 : _spread_stride < 16 ? 2 * _spread_stride : 16))
    _spread_looked=$_spread_now
    _spread_until=$(($2 - $1 > _spread_stride ? $1 + _spread_stride : $2))
    [ "$((_spread_now - _spread_last_told))" -ge 20 ] || return 0
    _spread_last_told=$_spread_now
    # In millionths, within 64 bits.
    _spread_span=$(($2 - _spread_from))
    if [ "$_spread_span" -lt 1000000000000 ]; then
        _spread_value=$((($1 - _spread_from) * 1000000 / _spread_span))
    else
        _spread_value=$((($1 - _spread_from) / (_spread_span / 1000000)))
    fi
    [ "$_spread_value" -lt 1000000 ] || _spread_value=999999
    _spread_value=$((1000000 + _spread_value))
    spread_progress "0.${_spread_value#1}"
}

# The task in _spread_line, with --chunk split already, for a handler of lists.
_spread_call_list() {
    if [ -z "$_spread_chunk" ]; then
        set -- "$_spread_line" 1
        _spread_line="[$1]"
    else
        set -- "$_spread_line" "$(_spread_count_elements)"
    fi
    _spread_call_handler "$1"
    case $_spread_reply in
        '"ok",'*) _spread_results=${_spread_reply#*,} ;;
        *) return 0 ;;
    esac
    _spread_reply=
    if ! { _spread_is_json "$_spread_results" && _spread_split "$_spread_results"; }; then
        spread_error BadResult \
            "spread_run -l takes a JSON list of results, and not $(printf %.60s "$_spread_results")"
        return
    fi
    set -- "$(_spread_count_elements)" "$2"
    if [ "$1" -ne "$2" ]; then
        spread_error BadResult "$(_spread_counted "$1" result) for $(_spread_counted "$2" payload)"
    elif [ -n "$_spread_chunk" ]; then
        _spread_reply="\"ok\",$_spread_results"
    else
        _spread_reply="\"ok\",$_spread_elements"
    fi
}

_spread_count_elements() { printf '%s\n' "$_spread_elements" | grep -c . || :; }

_spread_counted() {
    if [ "$1" -eq 1 ]; then echo "1 $2"; else echo "$1 ${2}s"; fi
}
