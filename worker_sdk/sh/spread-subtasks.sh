# shellcheck shell=sh
# Tasks that the task in work hands back to spread (docs/subtasks.md), for workers in POSIX sh: source
# it behind spread-worker.sh.
#
#     . ./spread-worker.sh
#     . ./spread-subtasks.sh
#     handler() {
#         if spread_parent; then spread_ok "part $1"; return; fi
#         spread_submit '["a","b"]' && spread_fetch "$SPREAD_ANSWER" && spread_ok_json "$SPREAD_ANSWER" ||
#             spread_subtasks_failed
#     }
#     spread_run handler
#
# Each function leaves its result, a JSON value, in $SPREAD_ANSWER. Its status is 1 where spread refuses
# it; $SPREAD_ANSWER says why then. IDS is a JSON list of ids, as spread_submit has given them: leave
# them as they are, jq before 1.7 makes other numbers of them.
#
#   spread_submit PAYLOADS [COMMON]  hands a JSON list of tasks to spread: the list of their ids. COMMON
#       is sent to each worker process once
#   spread_ready IDS                 those that are finished, in the order given, at once. Where others
#       are missing and none of these is at a worker, one is run first: so a loop that asks for those still missing ends
#   spread_wait IDS [COUNT]          the same, when so many of them (all) are finished
#   spread_fetch IDS                 waits for all: a list of ["ok",value] and ["error",{"type":...,
#       "message":...}], in the order given. Each can be had once
#   spread_subpool N                 asks spread to keep N slots for sub-tasks: the number that is kept
#   spread_parent                    the id of the task that has submitted the one in work; status 1
#       where that is no sub-task
#   spread_common                    the common part of the sub-task in work; null where there is none
#   spread_subtasks_failed           gives the task's answer: an error with the reason in $SPREAD_ANSWER
#   spread_register [-j] HANDLER     what runs sub-tasks where there is no master
#
# While spread_ready, spread_wait and spread_fetch wait, sub-tasks are run by the same handler, each in a
# subshell: its variables are its own, and a variable that it sets is gone when it has answered.
#
# Outside of spread_run there is no master. This process gives the answers then, and runs sub-tasks when
# they are waited for.

spread_submit() { _spread_ask_subtasks submit "$@"; }

spread_ready() { _spread_ask_waiting ready "${1-}"; }

spread_wait() { _spread_ask_waiting wait "${1-}" "${2-null}"; }

spread_fetch() { _spread_ask_waiting fetch "${1-}"; }

spread_subpool() { _spread_ask_subtasks subpool "${1-}"; }

spread_parent() { _spread_number_in_meta parent; }

spread_common() {
    _spread_number_in_meta common || { SPREAD_ANSWER=null; return 0; }
    eval "SPREAD_ANSWER=\${_spread_common_$SPREAD_ANSWER-null}"
}

spread_subtasks_failed() { _spread_failed; }

spread_register() { _spread_take_handler "$@"; }

# The number $1 of the third element in $SPREAD_ANSWER; status 1 where there is none.
_spread_number_in_meta() {
    SPREAD_ANSWER=
    case ${SPREAD_META-} in
        *"\"$1\":"*) ;;
        *) return 1 ;;
    esac
    SPREAD_ANSWER=${SPREAD_META##*"\"$1\":"}
    SPREAD_ANSWER=${SPREAD_ANSWER%%[,\}]*}
}

_spread_has_master() { [ -n "${_spread_features+known}" ]; }

_spread_ask_subtasks() {
    _spread_has_master || { _spread_answer_here "$@"; return; }
    _spread_knows subtasks || return
    _spread_op=$1
    shift
    _spread_check "spread_$_spread_op" "$@" && _spread_ask "$_spread_op" "$@"
}

_spread_ask_waiting() {
    _spread_has_master || { _spread_answer_here "$@"; return; }
    # A sub-task that came too early is among them.
    _spread_again=$_spread_later _spread_later='' _spread_waits=yes
    _spread_refused=0
    _spread_ask_subtasks "$@" || _spread_refused=1
    # Behind what has been looked at.
    _spread_later=$_spread_later$_spread_again _spread_again='' _spread_waits=''
    return "$_spread_refused"
}

# A common part of sub-tasks is in _spread_line: [null,"common",k,value] is kept, and [null,"common",k]
# ends it. Status 1: it is neither.
_spread_keep_common() {
    _spread_value=${_spread_line#'[null,"common",'}
    _spread_value=${_spread_value%']'}
    _spread_k=${_spread_value%%,*}
    case $_spread_k in
        '' | *[!0-9]*) return 1 ;;
        "$_spread_value") unset "_spread_common_$_spread_k" ;;
        *)  _spread_value=${_spread_value#*,}
            eval "_spread_common_$_spread_k=\$_spread_value" ;;
    esac
}

# Runs _spread_line, if it is a sub-task, or keeps it, if it is a common part; else status 1. The
# subshell hands back what it has read for others, and "yes" if this worker is to leave.
_spread_run_subtask() {
    case $_spread_line in
        '[null,"common",'*)
            _spread_keep_common
            # A task further out needs it, too.
            # shellcheck disable=SC2154
            [ "$_spread_shell" = "$$" ] || _spread_later=$_spread_later$_spread_line$_spread_newline
            return 0 ;;
    esac
    _spread_is_subtask || return 1
    _spread_handed=$(_spread_in_subshell 7>&1 >&2) || :
    case $_spread_handed in
        *.) ;;
        # It has ended without an answer: so does the worker, and spread sees it.
        *) exit 1 ;;
    esac
    _spread_handed=${_spread_handed%.}
    case $_spread_handed in
        *yes) _spread_retiring=yes _spread_handed=${_spread_handed%yes} ;;
    esac
    _spread_again=$_spread_again$_spread_handed
}

_spread_is_subtask() {
    case $_spread_line in
        '['[0-9]*',{'*'"parent":'*'}]') ;;
        *) return 1 ;;
    esac
    # Its payload may look so: only the third element counts.
    _spread_whole=$_spread_line _spread_outer=$SPREAD_META
    _spread_line=${_spread_line%']'}
    _spread_cut_meta
    _spread_third=$SPREAD_META
    _spread_line=$_spread_whole SPREAD_META=$_spread_outer
    case $_spread_third in
        *'"parent":'*) ;;
        *) return 1 ;;
    esac
}

# To be called first in $(...): ksh93 makes no process for it before a limit is set. Without one, a task
# further in is lost, and a child that a handler has started is waited for.
# shellcheck disable=SC3045
_spread_fork() { [ -z "${KSH_VERSION-}" ] || ulimit -S -t "$(ulimit -S -t)"; }

_spread_in_subshell() {
    _spread_fork
    _spread_shell=$(exec sh -c 'echo "$PPID"')
    _spread_later='' _spread_again='' _spread_waits='' _spread_retiring=''
    # A child that outlives the task must not hold the pipe.
    _spread_task 7>&- || :
    printf '%s%s.' "$_spread_later" "$_spread_retiring" >&7
}

# ---- Without a master ---------------------------------------------------------------------------

_spread_depth_max=16  # as the master has it
_spread_last=0        # the id of the last sub-task
_spread_first=1       # the lowest id that may be of the task in work

# As spread_ask, by this process.
_spread_answer_here() {
    case $1 in
        submit) _spread_submit_here "${2-}" "${3-null}" ;;
        subpool) _spread_subpool_here "${2-}" ;;
        *) _spread_look_here "$1" "${2-}" "${3-null}" ;;
    esac
}

_spread_subpool_here() {
    SPREAD_ANSWER=$1
    case $1 in
        '' | *[!0-9]*) _spread_refuse BadAsk 'subpool takes a number of slots' ;;
    esac
}

# Each sub-task is kept as the line that a master would send.
_spread_submit_here() {
    if ! { _spread_split_checked "$1" && _spread_is_json "$2"; }; then
        _spread_refuse BadAsk 'submit takes an array of payloads, and perhaps a common part'
        return
    fi
    _spread_number_in_meta depth || SPREAD_ANSWER=0
    if [ "$SPREAD_ANSWER" -ge "$_spread_depth_max" ] && [ -n "$_spread_elements" ]; then
        _spread_refuse TooDeep "a sub-task of depth $SPREAD_ANSWER submits no others"
        return
    fi
    _spread_third="\"attempt\":1,\"parent\":${SPREAD_TASK:-0},\"depth\":$((SPREAD_ANSWER + 1))"
    if [ "$2" != null ]; then
        _spread_k=$((_spread_last + 1))
        eval "_spread_common_$_spread_k=\$2"
        _spread_third="$_spread_third,\"common\":$_spread_k"
    fi
    SPREAD_ANSWER=
    while IFS= read -r _spread_value; do
        [ -n "$_spread_value" ] || continue
        _spread_last=$((_spread_last + 1))
        _spread_value="[$_spread_last,$_spread_value,{$_spread_third}]"
        eval "_spread_given_$_spread_last=\$_spread_value"
        SPREAD_ANSWER=$SPREAD_ANSWER,$_spread_last
    done <<EOF
$_spread_elements
EOF
    SPREAD_ANSWER="[${SPREAD_ANSWER#,}]"
}

# ready, wait and fetch: OP IDS COUNT
_spread_look_here() {
    _spread_check_here "$1" "$2" || return
    _spread_wanted=$_spread_count
    case $1,$3 in
        ready,*) [ "$_spread_have" -ge "$_spread_count" ] || _spread_wanted=$((_spread_have + 1)) ;;
        fetch,* | wait,null) ;;
        wait, | wait,*[!0-9]*) _spread_wanted=none ;;
        *) [ "$3" -le "$_spread_count" ] && _spread_wanted=$3 || _spread_wanted=none ;;
    esac
    if [ "$_spread_wanted" = none ]; then
        _spread_refuse BadAsk "wait takes a count from 0 to that of its ids, $_spread_count"
        return
    fi
    # The handler has the program's own input.
    while [ "$_spread_have" -lt "$_spread_wanted" ] && IFS= read -r _spread_k <&8; do
        eval "_spread_value=\${_spread_result_$_spread_k-}"
        [ -z "$_spread_value" ] || continue
        _spread_run_here "$_spread_k" || return
        _spread_have=$((_spread_have + 1))
    done 8<<EOF
$_spread_elements
EOF
    SPREAD_ANSWER=[$(_spread_print_here "$1")]
    [ "$1" != fetch ] || _spread_forget_here
}

# Leaves the ids in _spread_elements, their number in _spread_count, and in _spread_have how many of
# them are finished. Status 1: refused.
_spread_check_here() {
    if ! _spread_split_checked "$2" || ! _spread_are_numbers "$_spread_elements"; then
        _spread_refuse BadAsk "$1 takes an array of ids"
        return
    fi
    _spread_count=0 _spread_have=0
    while IFS= read -r _spread_k; do
        [ -n "$_spread_k" ] || continue
        eval "_spread_value=\${_spread_given_$_spread_k-}"
        if [ -z "$_spread_value" ] || [ "$_spread_k" -lt "$_spread_first" ]; then
            _spread_refuse UnknownSubtask \
                "$1 names $_spread_k, which is no sub-task of this task, or was fetched"
            return
        fi
        eval "_spread_value=\${_spread_result_$_spread_k-}"
        [ -z "$_spread_value" ] || _spread_have=$((_spread_have + 1))
        _spread_count=$((_spread_count + 1))
    done <<EOF
$_spread_elements
EOF
    [ "$1" = fetch ] || return 0
    _spread_k=$(printf '%s\n' "$_spread_elements" | awk 'seen[$0]++ { print; exit }')
    [ -z "$_spread_k" ] || _spread_refuse BadAsk "fetch names $_spread_k twice"
}

_spread_are_numbers() {
    case $1 in
        *[!0-9"$_spread_newline"]*) return 1 ;;
    esac
}

# Of those in _spread_elements that are finished, the ids; for fetch, what has come of them.
_spread_print_here() {
    _spread_comma=
    while IFS= read -r _spread_k; do
        eval "_spread_value=\${_spread_result_$_spread_k-}"
        [ -n "$_spread_value" ] || continue
        [ "$1" = fetch ] || _spread_value=$_spread_k
        printf %s "$_spread_comma$_spread_value"
        _spread_comma=,
    done <<EOF
$_spread_elements
EOF
}

_spread_forget_here() {
    while IFS= read -r _spread_k; do
        [ -z "$_spread_k" ] || unset "_spread_given_$_spread_k" "_spread_result_$_spread_k"
    done <<EOF
$_spread_elements
EOF
}

# Runs the sub-task $1, in a subshell like one that runs inside another.
_spread_run_here() {
    if [ -z "${_spread_handler-}" ]; then
        _spread_refuse NoHandler 'outside of a worker, sub-tasks need spread_register'
        return
    fi
    eval "_spread_line=\$_spread_given_$1"
    _spread_status=0
    { _spread_handed=$(_spread_in_subshell_here 9>&1 >&8 8>&-) || _spread_status=$?; } 8>&1
    case $_spread_handed in
        *"$_spread_newline"*) ;;
        *)  _spread_describe NoResponse "exit status $_spread_status"
            _spread_handed="$_spread_last$_spread_newline\"error\",$_spread_value" ;;
    esac
    _spread_last=${_spread_handed%%"$_spread_newline"*}
    _spread_outcome "${_spread_handed#*"$_spread_newline"}"
    eval "_spread_result_$1=[\$_spread_value]"
}

# Prints the id of the last sub-task, those of this one included, and the answer.
_spread_in_subshell_here() {
    _spread_fork
    _spread_here=yes
    _spread_first=$((_spread_last + 1))
    _spread_begin_task
    # A child that outlives the task must not hold the pipe.
    _spread_call 9>&-
    # shellcheck disable=SC2154
    printf '%s\n%s\n' "$_spread_last" "$_spread_reply" >&9
}

# What a fetch gives for the answer $1, without the brackets, in _spread_value.
_spread_outcome() {
    case $1 in
        '"ok",'*)
            if ! _spread_is_json "${1#*,}"; then
                _spread_describe BadResult "the answer is not JSON: ${1#*,}"
                set -- "\"error\",$_spread_value"
            fi ;;
        '"fatal",'*) set -- "\"error\",${1#*,}" ;;
        '"busy",'*) set -- "\"error\",{\"type\":\"Busy\",\"message\":${1#*,*,}}" ;;
    esac
    _spread_value=$1
}

# As _spread_split, of $1, which may be no JSON.
_spread_split_checked() { _spread_is_json "$1" && _spread_split "$1"; }
