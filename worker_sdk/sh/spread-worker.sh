# shellcheck shell=sh
# A worker for spread in POSIX sh (dash, bash, busybox, ksh): source it, do not run it.
#
#     . ./spread-worker.sh
#     upper() { spread_ok "$(printf %s "$1" | tr a-z A-Z)"; }
#     spread_run upper
#
# Started with: spread run --wire json -- sh upper.sh      (docs/protocol.md section 10)
#
# README.md, beside this file, says what each of these does:
#
#   spread_run [-j | -l] HANDLER [PREP]
#   spread_ok TEXT, spread_ok_json JSON, spread_error TYPE MESSAGE, spread_busy SECONDS [REASON],
#   spread_fatal TYPE MESSAGE        one of them in the handler itself: a subshell has its own variables
#   spread_progress FRACTION [TEXT], spread_log TEXT [LEVEL], spread_ask OP [JSON...], spread_retire
#   spread_before_task FUNCTION, spread_after_task FUNCTION, spread_at_exit FUNCTION
#   $SPREAD_TASK, $SPREAD_META, $SPREAD_ANSWER
#
# A function that returns text leaves it in _spread_value: $(...) costs a process and its last
# newlines. Names that begin with _spread_ belong to this file.

_spread_newline='
'
_spread_before='' _spread_after='' _spread_at_exit=''  # hooks, each a list for eval
_spread_chunk='' _spread_lists=''  # task frames are lists; the handler takes them
_spread_here=  # in a task that has no master: spread-subtasks.sh
_spread_is_utf8='
    function is_utf8(text, rest) {
        if (text !~ /[\200-\377]/) return 1
        rest = "[\200-\277]"
        gsub("[\302-\337]" rest "|\340[\240-\277]" rest "|[\341-\354\356\357]" rest rest "|\355[\200-\237]" rest, ".", text)
        gsub("\360[\220-\277]" rest rest "|[\361-\363]" rest rest rest "|\364[\200-\217]" rest rest, ".", text)
        return text !~ /[\200-\377]/
    }'

spread_ok() {
    _spread_quote "${1-}"
    _spread_answer "\"ok\",$_spread_value"
}

spread_ok_json() {
    case ${1-} in
        '') spread_error NoValue 'spread_ok_json: the value is empty'; return ;;
        # As bc prints it, which is no JSON.
        .[0-9]* | -.[0-9]*) _spread_number "$1" && set -- "$_spread_value" ;;
        # As jq prints it without -c; inside a string JSON has no raw newline.
        *"$_spread_newline"*) set -- "$(printf %s "$1" | tr '\n' ' ')" ;;
    esac
    _spread_answer "\"ok\",$1"
}

spread_error() {
    _spread_describe "${1-}" "${2-}"
    _spread_answer "\"error\",$_spread_value"
}

spread_fatal() {
    _spread_describe "${1-}" "${2-}"
    _spread_answer "\"fatal\",$_spread_value"
}

spread_busy() {
    _spread_number "${1-}" ||
        { spread_error usage "spread_busy: not a number of seconds: ${1-}"; return; }
    _spread_seconds=$_spread_value
    _spread_quote "${2-}"
    _spread_answer "\"busy\",$_spread_seconds,$_spread_value"
}

spread_progress() {
    _spread_number "${1-}" || { _spread_say "spread_progress: not a number: ${1-}"; return 1; }
    [ -n "${SPREAD_TASK-}" ] && [ -z "$_spread_here" ] || return 0
    _spread_fraction=$_spread_value
    _spread_quote "${2-}"
    printf '\n[%s,"progress",%s,%s]\n' "$SPREAD_TASK" "$_spread_fraction" "$_spread_value" >&9
}

spread_log() {
    case ${SPREAD_TASK-},$_spread_here in ,* | *,yes) _spread_say "${1-}"; return 0 ;; esac
    _spread_quote "${1-}"
    case ${2-info} in
        info) ;;
        debug | warning | error) _spread_value="$_spread_value,\"$2\"" ;;
        *) _spread_say "spread_log: a level is debug, info, warning or error, not $2"; return 1 ;;
    esac
    printf '\n[%s,"log",%s]\n' "$SPREAD_TASK" "$_spread_value" >&9
}

spread_retire() { _spread_knows bye && _spread_retiring=yes; }

spread_before_task() { _spread_before="$_spread_before && _spread_passes '$1'"; }

spread_after_task() { _spread_after="$_spread_after; _spread_try '$1'"; }

spread_at_exit() { _spread_at_exit="; _spread_try '$1'$_spread_at_exit"; }

spread_ask() {
    _spread_op=$1
    shift
    _spread_check "spread_ask $_spread_op" "$@" && _spread_ask "$_spread_op" "$@"
}

_spread_ask() {
    _spread_knows ask || return 1
    # Tasks that come in front of the answer would be lost with the subshell.
    if [ "$(exec sh -c 'echo "$PPID"')" != "$_spread_shell" ]; then
        _spread_say 'a question in a subshell or a pipeline: call it in the handler itself'
        _spread_refuse Subshell "$1 was called in a subshell or a pipeline"
        return
    fi
    _spread_seq=$((_spread_seq + 1))
    _spread_quote "$1"
    _spread_question="null,\"ask\",$_spread_seq,$_spread_value,${SPREAD_TASK:-null}"
    shift
    for _spread_value in "$@"; do _spread_question="$_spread_question,$_spread_value"; done
    case $_spread_question in  # as spread_ok_json
        *"$_spread_newline"*) _spread_question=$(printf %s "$_spread_question" | tr '\n' ' ') ;;
    esac
    printf '\n[%s]\n' "$_spread_question" >&9
    while _spread_read _spread_again; do
        _spread_value=${_spread_line%']'}
        case $_spread_line in
            "[null,\"answer\",$_spread_seq,"*) SPREAD_ANSWER=${_spread_value#*,*,*,}; return 0 ;;
            "[null,\"refused\",$_spread_seq,"*) SPREAD_ANSWER=${_spread_value#*,*,*,}; return 1 ;;
        esac
        # A sub-task is run by spread-subtasks.sh, if that is what is waited for. Of what is for a
        # task further out, and for later, all is kept.
        [ -n "$_spread_waits" ] && _spread_run_subtask ||
            _spread_later=$_spread_later$_spread_line$_spread_newline
    done
    # Spread has closed the input, and wants no answer any more. Where this process has outlived the
    # one that spread has started, an answer would hide how that one ended.
    [ "$_spread_shell" != "$$" ] || _spread_finish
    exit 1
}

spread_run() {
    _spread_take_handler "$@"
    [ -z "$_spread_lists" ] || command -v _spread_call_list >/dev/null ||
        _spread_die 'spread_run -l needs spread-shards.sh, sourced behind spread-worker.sh'
    _spread_retiring='' _spread_later='' _spread_again='' _spread_seq=0 _spread_waits='' _spread_shell=$$
    _spread_take_over
    _spread_prepare
    while [ -z "$_spread_retiring" ] && _spread_read _spread_later; do
        _spread_notice || _spread_task || _spread_die "input is not a task [id, payload]; is SPREAD_PREP passed on?"
        [ -z "$_spread_memory" ] || ! _spread_is_large || _spread_retiring=yes
    done
    [ -z "$_spread_retiring" ] || printf '\n[null,"bye"]\n' >&9
    _spread_finish
}

_spread_finish() {
    SPREAD_TASK='' SPREAD_META=''
    unset _spread_reply _spread_features _spread_shard
    exec 1>&9 8<&- 9>&-
    eval ":$_spread_at_exit"
    _spread_at_exit=
}

# [-j | -l] HANDLER [PREP]
_spread_take_handler() {
    _spread_raw='' _spread_lists=''
    case ${1-} in
        -j) _spread_raw=yes ;;
        -l) _spread_lists=yes ;;
        *) set -- '' "$@" ;;
    esac
    _spread_handler=$2 _spread_prep=${3-}
}

_spread_say() { printf 'spread-worker.sh: %s\n' "$1" >&2; }

_spread_die() { _spread_say "$1"; exit 2; }

_spread_knows() {
    case ,${_spread_features-}, in *,"$1",*) return 0 ;; esac
    _spread_say "this spread is too old: it does not know \"$1\""
    _spread_refuse TooOld "this spread is too old: it does not know \"$1\""
}

_spread_refuse() {
    _spread_describe "$1" "$2"
    SPREAD_ANSWER=$_spread_value
    return 1
}

# The error in $SPREAD_ANSWER as the task's answer. What a subshell leaves there is gone with it.
_spread_failed() {
    case ${SPREAD_ANSWER-} in
        '{'*'"message":'*'}') ;;
        *) _spread_refuse Subshell 'why is not known: a call of spread in a subshell?' || : ;;
    esac
    _spread_answer "\"error\",$SPREAD_ANSWER"
}

_spread_take_over() {
    case ${SPREAD_WIRE-json} in
        json) ;;
        msgpack)
            # [nil, "error", {"type": "Wire", "message": ...}] in msgpack, for spread to say it.
            printf '\306\0\0\0\113\223\300\245error\202\244type\244Wire\247message\331\056%s\n' \
                'this worker is a shell script: use --wire json'
            _spread_die 'this worker speaks --wire json, not msgpack' ;;
        *) _spread_die "this worker speaks --wire json, not $SPREAD_WIRE" ;;
    esac
    if [ -t 0 ]; then
        _spread_say "standard input is a terminal, but this program is a worker;"
        _spread_die "start it with: spread run --wire json -- $0"
    fi
    exec 8<&0 9>&1 </dev/null >&2
    # A child that sources this file is no worker of spread's.
    _spread_features=${SPREAD_FEATURES-} _spread_memory=${SPREAD_MAX_RSS-} _spread_measured=
    _spread_chunk=${SPREAD_CHUNK-}
    unset SPREAD_WIRE SPREAD_FEATURES SPREAD_MAX_RSS SPREAD_CHUNK
}

_spread_prepare() {
    SPREAD_TASK=
    _spread_count=${SPREAD_PREP:-0}
    case $_spread_count in
        *[!0-9]*) _spread_fail_start "SPREAD_PREP is not a number: $_spread_count" ;;
    esac
    printf '[null,"hello",{"wire":1,"prep":%s,"window":1024,%s}]\n' \
        "$_spread_count" '"lang":"sh","sdk":"spread-worker.sh 0.1"' >&9
    [ -z "$_spread_memory" ] || [ -r /proc/self/stat ] ||
        _spread_fail_start '--max-rss: there is no /proc here to read it from'
    [ "$_spread_count" -eq 0 ] || [ -n "$_spread_prep" ] ||
        _spread_fail_start "$_spread_count prep items are given, this worker takes none"
    while [ "$_spread_count" -gt 0 ]; do
        _spread_read _spread_later || _spread_fail_start "input ended, $_spread_count prep items are missing"
        _spread_prepare_item
        _spread_count=$((_spread_count - 1))
    done
    printf '[null,"ready"]\n' >&9
}

# The one in _spread_line.
_spread_prepare_item() {
    _spread_payload "$_spread_line" || _spread_fail_start "a prep item holds a NUL"
    "$_spread_prep" "$_spread_value" || _spread_fail_start "$_spread_prep: exit status $?"
}

# With the items in the list $1, behind a task that has failed.
_spread_prepare_again() {
    SPREAD_TASK='' SPREAD_META=''
    _spread_split "$1" || _spread_die 'prep items that come again are no list'
    [ -z "$_spread_prep" ] || _spread_for_each _spread_prepare_item
}

_spread_fail_start() {
    _spread_describe PrepError "$1"
    printf '\n[null,"error",%s]\n' "$_spread_value" >&9
    _spread_say "preparation failed: $1"
    exit 1
}

# Whether this process and its descendants have more resident memory than --max-rss, looked at once
# a second: the clock is read without a process.
_spread_is_large() {
    case $_spread_reply in '"busy"'*) return 1 ;; esac
    IFS=' .' read -r _spread_value _ </proc/uptime
    [ "$_spread_value" != "$_spread_measured" ] || return 1
    _spread_measured=$_spread_value
    # Not awk itself: a process that has ended meanwhile would end it. The name, in parentheses, may
    # hold anything.
    cat /proc/[0-9]*/stat 2>/dev/null | awk -v self="$$" -v most="$_spread_memory" \
        -v page="$(getconf PAGESIZE 2>/dev/null || echo 4096)" '
        { process = $1; sub(/.*\) /, ""); parent[process] = $2; pages[process] = $22 }
        END {
            for (process in pages) {
                for (above = process; above in parent && above != self;) above = parent[above]
                if (above == self) sum += pages[process]
            }
            exit !(sum * page > most + 0)
        }'
}

# The first of the lines in the variable $1, then the next one of the input, in _spread_line. A line
# without its newline at the end was cut off, and does not count.
_spread_read() {
    eval "_spread_value=\$$1"
    [ -n "$_spread_value" ] || { IFS= read -r _spread_line <&8; return; }
    _spread_line=${_spread_value%%"$_spread_newline"*}
    eval "$1=\${_spread_value#*\"\$_spread_newline\"}"
}

# Prep items are prepared again; common parts are for spread-subtasks.sh, where that is sourced; an
# answer that is not waited for any more is dropped. Status 1: the line is a task.
_spread_notice() {
    case $_spread_line in
        '[null,"prep",'*)
            _spread_value=${_spread_line#'[null,"prep",'}
            _spread_prepare_again "${_spread_value%']'}" ;;
        '[null,"common",'*) ! command -v _spread_keep_common >/dev/null || _spread_keep_common ;;
        '[null,'*) ;;
        *) return 1 ;;
    esac
}

# The third element of the task, words with numbers, ends the line; no payload ends like it.
_spread_cut_meta() {
    SPREAD_META=
    case $_spread_line in
        *',{'*'}') _spread_value=${_spread_line##*',{'} ;;
        *) return 0 ;;
    esac
    # A quote inside a string has a backslash, and one that ends a string is followed by no letter.
    case ${_spread_value%'}'} in
        *[!\"a-z0-9_:,]*) ;;
        '"'[a-z]*'":'[0-9]*)
            SPREAD_META="{$_spread_value"
            _spread_line=${_spread_line%",$SPREAD_META"} ;;
    esac
}

_spread_task() {
    _spread_begin_task || return 1
    _spread_call
    printf '\n[%s,%s]\n' "$SPREAD_TASK" "$_spread_reply" >&9
}

# Takes the task in _spread_line apart: its payload is left there.
_spread_begin_task() {
    case $_spread_line in
        '['[0-9]*,*']') _spread_line=${_spread_line#'['} ;;
        *) return 1 ;;
    esac
    SPREAD_TASK=${_spread_line%%,*}
    case $SPREAD_TASK in *[!0-9]*) return 1 ;; esac
    _spread_line=${_spread_line#*,}
    _spread_line=${_spread_line%']'}
    _spread_cut_meta
}

# What the hooks and the handler make of the payload in _spread_line, in _spread_reply.
_spread_call() {
    _spread_reply='' _spread_round=0  # of spread-gang.sh
    _spread_told=$_spread_chunk       # of spread-shards.sh: none of several tells how far the list is
    if [ -n "$_spread_chunk" ] && ! _spread_split "$_spread_line"; then
        spread_error PayloadError 'SPREAD_CHUNK is set, and the payload is no list of payloads'
    elif [ -n "$_spread_lists" ]; then
        _spread_call_list  # of spread-shards.sh
    elif [ -n "$_spread_chunk" ]; then
        _spread_call_each
    else
        _spread_call_handler "$_spread_line"
    fi
}

# For each of the list in _spread_elements, until one is not ok.
_spread_call_each() {
    _spread_results='' _spread_some=''
    _spread_for_each _spread_call_next
    _spread_results=$_spread_results$_spread_some
    [ -n "$_spread_reply" ] || _spread_reply="\"ok\",[${_spread_results#,}]"
}

_spread_call_next() {
    _spread_call_handler "$_spread_line"
    case $_spread_reply in
        '"ok",'*) _spread_some=$_spread_some,${_spread_reply#*,} _spread_reply='' ;;
        *) return 1 ;;
    esac
    # Each of them behind all others would be quadratic.
    [ "${#_spread_some}" -lt 4000 ] || _spread_results=$_spread_results$_spread_some _spread_some=''
}

# $1 is what spread-shards.sh takes for the shard.
_spread_call_handler() {
    _spread_shard=$1
    # The hooks in front may read other lines, or wait for sub-tasks.
    set -- "$_spread_line"
    if eval ":$_spread_before"; then
        _spread_line=$1
        _spread_handle
    fi
    eval ":$_spread_after"
}

# Whether the hook $1 leaves the task to the handler.
_spread_passes() {
    "$1" || _spread_unanswered exit "$1: exit status $?"
    [ -z "$_spread_reply" ]
}

_spread_try() { "$1" || _spread_say "$1: exit status $?"; }

_spread_handle() {
    if _spread_payload "$_spread_line"; then
        # `||` also keeps a script's `set -e` from ending the worker.
        "$_spread_handler" "$_spread_value" || _spread_unanswered exit "exit status $?"
    else
        spread_error NulByte 'the payload holds a NUL, which a shell variable cannot'
    fi
    _spread_unanswered NoAnswer "no answer from $_spread_handler (spread_ok in a subshell?)"
}

# The error TYPE MESSAGE, where the task has no answer yet.
_spread_unanswered() { [ -n "$_spread_reply" ] || spread_error "$1" "$2"; }

_spread_answer() {
    # A program that calls its handler itself looks at the answer.
    [ -n "${_spread_reply+a task}" ] || { SPREAD_ANSWER="[$1]"; return 0; }
    if [ -n "$_spread_reply" ]; then
        _spread_say "a second answer to task $SPREAD_TASK is ignored"
    else
        _spread_reply=$1
    fi
}

_spread_describe() {
    _spread_quote "$1"
    _spread_type=$_spread_value
    _spread_quote "$2"
    _spread_value="{\"type\":$_spread_type,\"message\":$_spread_value}"
}

# The decimal number $1 as a JSON number in _spread_value; status 1 if it is none.
_spread_number() {
    _spread_value=$1
    case $1 in
        .*) _spread_value=0$1 ;;
        -.*) _spread_value=-0${1#-} ;;
    esac
    case ${_spread_value#-} in '' | *[!0-9.]* | *. | *.*.* | 0[0-9]*) return 1 ;; esac
}

# ---- JSON strings -------------------------------------------------------------------------------

# The text of a JSON string or the bytes of a $bin in _spread_value; other values, and all with -j,
# as they are. Status 1 if the text holds a NUL.
_spread_payload() {
    _spread_value=$1
    [ -z "$_spread_raw" ] || return 0
    case $_spread_value in
        '"'*'"') ;;
        "{\"\$bin\":\""*'"}') _spread_bytes; return ;;
        *) return 0 ;;
    esac
    _spread_value=${_spread_value#?}
    _spread_value=${_spread_value%?}
    case $_spread_value in
        *\\*) ;;
        *) return 0 ;;
    esac
    _spread_value=$(_spread_unescape "$_spread_value") || return 1
    _spread_value=${_spread_value%.}
}

# {"$bin":"..."} is bytes that are not UTF-8, such as the name of a file: as those bytes.
_spread_bytes() {
    _spread_base64=${_spread_value#*:?}
    _spread_base64=${_spread_base64%??}
    case $_spread_base64 in *[!A-Za-z0-9+/=]*) return 0 ;; esac  # a map of more
    # Looks for NULs first: $(...) leaves them out, in silence or with a warning.
    [ "$(printf %s "$_spread_base64" | base64 -d | tr -dc '\000' | wc -c)" -eq 0 ] || return 1
    _spread_value=$(printf %s "$_spread_base64" | base64 -d && printf .)
    _spread_value=${_spread_value%.}
}

# Prints what the escapes in $1 stand for, and a dot (without which $(...) would eat newlines at the
# end). Status 1: one stands for a NUL. Cut at all backslashes at once: ${s#*\\} in a loop is quadratic
# in the length, and in dash cubic.
_spread_unescape() {
    printf '%s\n' "$1" | LC_ALL=C awk '
        function code_unit(text, i, code) {
            for (i = 2; i < 6; i++) code = code * 16 + index("123456789abcdef", tolower(substr(text, i, 1)))
            return code
        }
        # A first byte has room for numbers below 128, 32, 16 or 8, each that follows for six bits.
        function utf8(code, room) {
            if (code < room) return sprintf("%c", room == 128 ? code : 256 - 2 * room + code)
            return utf8(int(code / 64), room == 128 ? 32 : room / 2) sprintf("%c", 128 + code % 64)
        }
        BEGIN { ORS = ""; held["n"] = "\n"; held["t"] = "\t"; held["r"] = "\r"; held["b"] = "\b"; held["f"] = "\f" }
        {
            n = split($0, piece, /\\/)
            print piece[1]
            for (i = 2; i <= n; i++) {
                letter = substr(piece[i], 1, 1)
                if (letter == "u") {
                    code = code_unit(piece[i])
                    # Two halves are one character, and a half without its other is U+FFFD.
                    if (length(piece[i]) == 5 && piece[i] ~ /^u[dD][89abAB]/ && piece[i + 1] ~ /^u[dD][c-fC-F]/)
                        code = 65536 + (code - 55296) * 1024 + code_unit(piece[++i]) - 56320
                    else if (code >= 55296 && code < 57344) code = 65533
                    if (code == 0) has_nul = 1
                    else print utf8(code, 128) substr(piece[i], 6)
                } else if (letter == "") {  # an escaped backslash; the next piece is text
                    print "\\" piece[++i]
                } else {
                    print (letter in held ? held[letter] : letter) substr(piece[i], 2)
                }
            }
        }
        END { print "."; exit has_nul }'
}

# The elements of the JSON $1, each on a line, in _spread_elements. Status 1: it is no list.
_spread_split() {
    case ${1#"${1%%[![:space:]]*}"} in
        '['*) ;;
        *) return 1 ;;
    esac
    # Every other quote ends a string; one with an odd number of backslashes in front is within it.
    _spread_elements=$(printf '%s\n' "$1" | LC_ALL=C awk '
        BEGIN { RS = "\""; ORS = "" }
        inside && /(^|[^\\])(\\\\)*\\$/ { print "\"" $0; next }
        inside { print "\"" $0 "\""; inside = 0; next }
        {
            gsub(/[ \t\r\n]+/, "")
            n = split($0, piece, ",")
            for (i = 1; i <= n; i++) {
                if (i > 1) print (depth == 1 ? "\n" : ",")
                depth += gsub(/[[{]/, "&", piece[i]) - gsub(/[]}]/, "&", piece[i])
                if (!begun++) sub(/^\[/, "", piece[i])
                if (depth == 0) sub(/]$/, "", piece[i])
                print piece[i]
            }
            inside = 1
        }')
}

# Calls $1 with each of _spread_elements in _spread_line, until it fails.
_spread_for_each() {
    while IFS= read -r _spread_line <&7; do
        [ -z "$_spread_line" ] || "$1" 7<&- || return 0
    done 7<<EOF
$_spread_elements
EOF
}

# The text $1 as a JSON string in _spread_value; bytes that are not UTF-8 as {"$bin":"..."}.
_spread_quote() {
    case $1 in
        *[\"\\]* | *[![:print:]]*) ;;
        *) _spread_value="\"$1\""; return ;;
    esac
    # The newline that printf adds ends the last line for awk; all others are the text's own.
    _spread_value=$(printf '%s\n' "$1" | LC_ALL=C awk "$_spread_is_utf8"'
        BEGIN { for (i = 1; i < 32; i++) control[i] = sprintf("%c", i); ORS = ""; print "\"" }
        {
            if (!is_utf8($0)) exit 9
            gsub(/\\/, "&&")
            gsub(/"/, "\\\\&")
            for (i = 1; i < 32; i++)
                if (index($0, control[i])) gsub(control[i], sprintf("\\u%04x", i))
            print (NR > 1 ? "\\n" : "") $0
        }
        END { print "\"" }') && return
    [ $? -eq 9 ] || _spread_die 'awk failed'
    _spread_value="{\"\$bin\":\"$(printf %s "$1" | base64 | tr -d '\n')\"}"
}

# CALL JSON...: refused where one is none, or has what spread does not read: text that is not UTF-8, a
# number beyond 64 bits. The line would be the worker's end.
_spread_check() {
    _spread_caller=$1
    shift
    for _spread_json in "$@"; do
        _spread_is_json "$_spread_json" && continue
        _spread_json=$(printf %.60s "$_spread_json" | LC_ALL=C tr -c ' -~' '?')
        _spread_refuse BadAsk \
            "$_spread_caller takes JSON, with numbers of at most 64 bits, and not '$_spread_json'"
        return
    done
}

_spread_is_json() {
    case $1 in  # those that cost no process
        null | true | false) return 0 ;;
        '' | *[!0-9]* | 0?* | ????????????????????*) ;;
        *) return 0 ;;
    esac
    # A string becomes "", any other scalar 0, and so does what holds only such ones.
    { printf %s "$1" | tr '\n' ' '; echo; } | LC_ALL=C awk "$_spread_is_utf8"'
        function is_scalar(text) {
            if (text == "" || text ~ /^(""|true|false|null|NaN|-?Infinity)$/) return 1
            if (text !~ /^-?(0|[1-9][0-9]*)(\.[0-9]+)?([Ee][-+]?[0-9]+)?$/) return 0
            if (text ~ /[.Ee]/) return text + 0 <= most && text + 0 >= -most
            end = text ~ /^-/ ? "-9223372036854775808" : "18446744073709551615"
            return length(text) < length(end) || length(text) == length(end) && text "" <= end
        }
        BEGIN { most = 1.7976931348623157e308 }
        !is_utf8($0) { exit 1 }
        {
            plain = "[^\"\\\\\001-\037]*"
            hex = "[0-9A-Fa-f]"
            gsub("\"" plain "(\\\\([\"\\\\/bfnrt]|u" hex hex hex hex ")" plain ")*\"", "\"\"")
            n = split($0, piece, /[][{}:, \t\r]+/)
            for (i = 1; i <= n; i++) if (!is_scalar(piece[i])) exit 1
            gsub(/[^][{}:, \t\r"]+/, "0")
            gsub(/[ \t\r]+/, "")
            while (gsub(/\[((0|"")(,(0|""))*)?\]|\{("":(0|"")(,"":(0|""))*)?\}/, "0")) if (++depth > 255) exit 1
            exit !($0 == "0" || $0 == "\"\"")
        }'
}
