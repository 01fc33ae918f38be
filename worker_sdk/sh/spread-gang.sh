# shellcheck shell=sh
# What the members of a gang say to each other (docs/gangs.md), for workers in POSIX sh: source it
# behind spread-worker.sh.
#
#     . ./spread-worker.sh
#     . ./spread-gang.sh
#     handler() { spread_allreduce sum "$1" && spread_ok_json "$SPREAD_ANSWER" || spread_gang_failed; }
#     spread_run handler
#
# Each function leaves its result, a JSON value, in $SPREAD_ANSWER. Its status is 1 where the gang has
# failed, and where a value is no JSON; $SPREAD_ANSWER says why then. A gang works only where all members make the same calls.
#
#   spread_rank, spread_size         the rank of this member, from 0; how many members there are, which
#       spread_number_of_workers says as well
#   spread_is_root                   status 0 where the rank is 0, else 1
#   spread_barrier                   returns when every member has called it
#   spread_broadcast JSON            rank 0's value; the others' is not looked at
#   spread_allgather JSON            a list of all values, in rank order
#   spread_exchange NAME JSON        the same without one's own
#   spread_reduce OP JSON            in rank 0 the values reduced, in the others null. OP is sum,
#   spread_allreduce OP JSON         product, min or max. The same in every member. 1 and 1.0 differ
#   spread_gather SIZES JSON         in rank 0 the members' typed arrays in one, in the others null
#   spread_scatter JSON              this member's element of rank 0's list; the others' is not looked at
#   spread_put NAME JSON             leaves a value for the others
#   spread_get NAME                  what they have left so far, a list of [rank, value]
#   spread_gang_failed               gives the task's answer: an error with the reason in $SPREAD_ANSWER
#
# Outside of a gang the size is 1 and every call is the identity.

spread_rank() { _spread_place rank 0; }

spread_size() { _spread_place size 1; }

spread_is_root() { spread_rank && [ "$SPREAD_ANSWER" = 0 ]; }

spread_number_of_workers() { spread_size; }

spread_barrier() { _spread_collective barrier null null; }

spread_broadcast() {
    _spread_of_root spread_broadcast "${1-null}" || return
    _spread_collective broadcast "$_spread_value" "${1-null}"
}

spread_allgather() {
    _spread_check spread_allgather "${1-}" || return
    _spread_collective allgather "$1" "[$1]"
}

spread_exchange() {
    _spread_check spread_exchange "${2-}" || return
    _spread_quote "$1"
    _spread_collective exchange "[$_spread_value,$2]" '[]'
}

spread_reduce() { _spread_reduction reduce "$@"; }

spread_allreduce() { _spread_reduction allreduce "$@"; }

spread_gather() {
    _spread_check spread_gather "${1-}" "${2-}" || return
    _spread_in_gang || { _spread_gather_here "$1" "$2"; return; }
    _spread_collective gather "[$1,$2]" null
}

spread_scatter() {
    _spread_of_root spread_scatter "${1-null}" || return
    _spread_in_gang || { _spread_scatter_here "${1-null}"; return; }
    _spread_collective scatter "$_spread_value" null
}

spread_put() {
    _spread_check spread_put "${2-}" || return
    SPREAD_ANSWER=null
    _spread_in_gang || return 0
    _spread_quote "$1"
    _spread_ask put "$_spread_value" "$2"
}

spread_get() {
    SPREAD_ANSWER='[]'
    _spread_in_gang || return 0
    _spread_quote "$1"
    _spread_ask get "$_spread_value"
}

spread_gang_failed() { _spread_failed; }

# _spread_reduction KIND OP JSON
_spread_reduction() {
    _spread_check "spread_$1" "${3-}" || return
    _spread_quote "$2"
    _spread_collective "$1" "[$_spread_value,$3]" "$3"
}

# As a gang of one, in the master's words.
_spread_gather_here() {
    _spread_value=$(printf %s "$2" | tr -d ' \t\r\n')
    case $_spread_value in
        '{'*'"shape":['[0-9]*']'*'}') ;;
        *) _spread_refuse GangFailed 'rank 0: it called gather of what is no array with an axis'; return ;;
    esac
    _spread_value=${_spread_value##*'"shape":['}
    _spread_value=${_spread_value%%[],]*}
    SPREAD_ANSWER=$2
    [ "$(printf %s "$1" | tr -d ' \t\r\n')" = "[$_spread_value]" ] || _spread_refuse GangFailed \
        "rank 0: mismatched sizes: it sent $_spread_value along the first axis, and sizes says $1"
}

_spread_scatter_here() {
    _spread_value=${1#"${1%%[![:space:]]*}"}
    _spread_value=${_spread_value%"${_spread_value##*[![:space:]]}"}
    case $_spread_value in
        '['*) _spread_value=${_spread_value#'['} SPREAD_ANSWER=${_spread_value%']'} ;;
        *) SPREAD_ANSWER= ;;
    esac
    # Of two elements, and of none, there is no JSON between the brackets.
    _spread_is_json "$SPREAD_ANSWER" ||
        _spread_refuse GangFailed 'rank 0: it called scatter with what is no list of 1'
}

_spread_in_gang() {
    case ${SPREAD_META-} in
        *'"size":'*) return 0 ;;
        *) return 1 ;;
    esac
}

# The number $1 of the third element; $2 where there is none.
_spread_place() {
    SPREAD_ANSWER=$2
    _spread_in_gang || return 0
    SPREAD_ANSWER=${SPREAD_META##*"\"$1\":"}
    SPREAD_ANSWER=${SPREAD_ANSWER%%[,\}]*}
}

# CALL JSON: that in rank 0, null in the others, in _spread_value. Refused where rank 0's is no JSON.
_spread_of_root() {
    _spread_value=null
    spread_is_root || return 0
    _spread_check "$1" "$2" || return
    _spread_value=$2
}

# _spread_collective KIND VALUE IDENTITY
_spread_collective() {
    SPREAD_ANSWER=$3
    _spread_in_gang || return 0
    _spread_ask collective "$_spread_round" "\"$1\"" "$2" || return 1
    _spread_round=$((_spread_round + 1))
}
