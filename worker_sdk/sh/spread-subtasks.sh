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
#   spread_ready IDS                 those that are finished, in the order given. Does not wait
#   spread_wait IDS [COUNT]          the same, when so many of them (all) are finished
#   spread_fetch IDS                 waits for all: a list of ["ok",value] and ["error",{"type":...,
#       "message":...}], in the order given. Each can be had once
#   spread_subpool N                 asks spread to keep N slots for sub-tasks: the number that is kept
#   spread_parent                    the id of the task that has submitted the one in work; status 1
#       where that is no sub-task
#   spread_common                    the common part of the sub-task in work; null where there is none
#   spread_subtasks_failed           gives the task's answer: an error with the reason in $SPREAD_ANSWER
#
# While spread_wait and spread_fetch wait, sub-tasks are run by the same handler, each in a subshell: its
# variables are its own, and a variable that it sets is gone when it has answered.

spread_submit() { _spread_ask_subtasks submit "$@"; }

spread_ready() { _spread_ask_subtasks ready "$1"; }

spread_wait() { _spread_ask_waiting wait "$1" "${2-null}"; }

spread_fetch() { _spread_ask_waiting fetch "$1"; }

spread_subpool() { _spread_ask_subtasks subpool "$1"; }

spread_parent() { _spread_number_in_meta parent; }

spread_common() {
    _spread_number_in_meta common || { SPREAD_ANSWER=null; return 0; }
    eval "SPREAD_ANSWER=\${_spread_common_$SPREAD_ANSWER-null}"
}

spread_subtasks_failed() { _spread_answer "\"error\",$SPREAD_ANSWER"; }

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

_spread_ask_subtasks() {
    if ! _spread_knows subtasks; then
        SPREAD_ANSWER='{"type":"TooOld","message":"this spread is too old: it does not know subtasks"}'
        return 1
    fi
    spread_ask "$@"
}

_spread_ask_waiting() {
    # A sub-task that came too early is among them.
    _spread_again=$_spread_later _spread_later='' _spread_waits=yes
    _spread_refused=0
    _spread_ask_subtasks "$@" || _spread_refused=1
    # Behind what has been looked at.
    _spread_later=$_spread_later$_spread_again _spread_again='' _spread_waits=''
    return "$_spread_refused"
}

# Runs _spread_line, if it is a sub-task, or keeps it, if it is a common part; else status 1. The
# subshell hands back what it has read for others, and "yes" if this worker is to leave.
_spread_run_subtask() {
    case $_spread_line in
        '[null,"common",'*)
            _spread_notice
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
