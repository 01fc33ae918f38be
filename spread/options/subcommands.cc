#include "spread/options/subcommands.h"

namespace spread::cli {
namespace {

const SubcommandText kSubcommands[] = {
    {"run", kRun, "send tasks to persistent workers, and their results back in order",
     "run [OPTION]... -- WORKER [ARG]... [::: ITEM...]\n"
     "run [OPTION]... --worker 'WORKER ARG...'...",
     "Starts WORKER once in every slot, sends it the records of standard input as tasks, and "
     "writes the results to standard output: line N of the output belongs to task N. A worker "
     "lives for the whole run. It reads tasks on its standard input and answers on its standard "
     "output, in the frames of docs/protocol.md or, with --wire, as lines of JSON or of text.\n"
     "\n"
     "The words {host}, {slot}, {worker} and {prep} in ARG are replaced for each worker. The "
     "first word that is not an option ends the options, as -- does; WORKER's own options are "
     "never taken for spread's.",
     "Square numbers with one worker for each CPU:\n"
     "seq 20000 | spread run --in json -- python3 square.py\n"
     "Lines of a file on two hosts, 8 workers on each, with a record of every task:\n"
     "spread run -S 8/n1,8/n2 --joblog log.tsv -a names.txt -- ./classify\n"
     "Workers that need different arguments:\n"
     "spread run --worker './w --gpu 0' --worker './w --gpu 1' -a tasks\n"
     "Try a failed task three times, kill a slow one, stop at 10% failures:\n"
     "spread run --retries 3 --timeout 300% --halt soon,fail=10% -- ./w\n"
     "A filter that answers line by line is a worker, too:\n"
     "spread run --wire lines -- bc -l ::: '2^64' '4*a(1)'\n"},
    {"gang", kGang, "send each task to several workers at once, which work on it together",
     "gang [OPTION]... -n K -- WORKER [ARG]... [::: ITEM...]",
     "As run, but each task is given to K workers at the same time. They are told their rank, from "
     "0 "
     "to K-1, and may wait for each other, send each other values and add numbers up, through "
     "spread and without any other connection: the SDKs have barrier, broadcast, allgather, "
     "exchange, reduce, allreduce, gather, scatter, put and get. The result is the list of their "
     "values, by rank. docs/gangs.md says what they may rely on.\n"
     "\n"
     "All K workers are taken together or not at all, and gangs run side by side where there are "
     "slots. Where one member fails, dies or takes too long, the others are told at once, and the "
     "task has failed once. Where there are fewer slots than K, gangs are smaller; with --exact, "
     "nothing is computed then.",
     "Four workers for each task, two tasks at a time:\n"
     "spread gang -n 4 -j 8 --in json -- python3 simulate.py <tasks.json\n"
     "One task over all hosts, and the value of rank 0 alone:\n"
     "spread gang -n 6 -S 2/n1,2/n2,2/n3 --gather root -- ./solve ::: input.dat\n"},
    {"oneshot", kOneshot, "run one worker on one task, and show all that it says",
     "oneshot [OPTION]... --task JSON -- WORKER [ARG]...",
     "Starts WORKER, gives it the prep items and one task, and shows what became of it: what the "
     "task has printed under STDOUT: and STDERR:, as far as the worker attaches it to its answer, "
     "and d= with the result as JSON. A task that failed is told as in run, with its trace, and "
     "the exit status is 1. Nothing is tried a second time, and a refusal is a failure. What else "
     "the worker writes is shown as run shows it.",
     "What does the worker make of this:\n"
     "spread oneshot --task '{\"x\": 2}' -- python3 worker.py\n"
     "The same on another host, with the model that it loads, and every decision:\n"
     "spread oneshot -v -S n1 --prep model.bin --task '\"some text\"' -- ./classify\n"},
    {"check", kCheck, "find out whether a worker, and what leads to it, keeps the protocol",
     "check [OPTION]... -- WORKER [ARG]...",
     "Starts WORKER several times and gives it what a run may give it: tasks in pieces, many at "
     "once, large, of each type, with any ids; an end of its input at any time. Behind -S, "
     "--launch "
     "and --ssh, other programs go the same way first. Each rule of docs/protocol.md is a check, "
     "which passes, fails (then it says what to do), or does not apply. Nothing is left running.\n"
     "\n"
     "The exit status is 0 where no check has failed, and 1 where one has. docs/check.md has a "
     "table "
     "of the checks.",
     "A worker on this machine:\n"
     "spread check -- python3 worker.py\n"
     "One that loads a model and knows only such tasks, on another host:\n"
     "spread check -S n1 --prep model.bin --task '{\"x\": 2}' -- ./classify\n"},
    {"relay", kRelay, "be a worker that has workers of its own",
     "relay [OPTION]... -- WORKER [ARG]...",
     "Stands between a run and workers that it cannot reach itself: behind one login, in a step of "
     "a batch system. It reads standard input and writes standard output as any worker does, says "
     "how many slots it has, and starts a WORKER in each when the run wants that. To the run each "
     "of them is a worker of its own: it has its tasks from there, and its failures, prints, end "
     "and time-outs are seen there. docs/relay.md says what goes through.\n"
     "\n"
     "To a master that does not know relays (a program of one's own, which writes tasks and reads "
     "answers) it is one worker that computes as many tasks at the same time as it has slots, and "
     "decides itself which of its workers has which task: with --retries, --timeout and whatever "
     "else a run has for that. What cannot be computed is answered as an error.\n"
     "\n"
     "The words {host}, {slot}, {worker} and {prep} in ARG are replaced for each worker. A "
     "worker's "
     "prep items come from the run, once for all of them. When standard input ends, workers have "
     "--shutdown-timeout to end; when the relay is killed, they are, too.",
     "Sixteen workers behind one login:\n"
     "spread run -a tasks -S 1/n1 -- spread relay -j16 -- ./w\n"
     "Hosts that only the first one can reach:\n"
     "spread run -a tasks --worker 'ssh gate spread relay -S 8/n1,8/n2 -- ./w'\n"},
    {"map", kMap, "run a command once for each item, as xargs and GNU parallel do",
     "map [OPTION]... COMMAND [ARG]... [::: ITEM...]",
     "Runs COMMAND for each line of standard input or each ITEM, several at a time. What a job "
     "prints comes in one piece, in the order of the items. Jobs start before the input ends, and "
     "find nothing on their standard input. Without COMMAND, each item is a command line.\n"
     "\n"
     "In COMMAND, {} stands for the item, {.} for it without its extension, {..} without two, {/} "
     "for the file's name, {//} for its directory, {/.} for the name without the extension, "
     "{%SUFFIX} for the item without SUFFIX, {#} for the job's number and {%} for its slot's. Of "
     "several items or columns, {2}, {2.} and so on are the second, and {name} is the column that "
     "--header calls so. Without any of these, the item is put behind COMMAND.\n"
     "\n"
     "Two words or more are executed as they are, without a shell. A single word with blanks or "
     "other characters that mean something to a shell is a script for it. No item is ever pasted "
     "into a script: it is passed as a parameter, whatever quotes are around {}, so that nothing "
     "in it is executed.\n"
     "\n"
     "The first word that is not an option ends the options, as -- does; COMMAND's own options are "
     "never taken for spread's.",
     "Compress files, as many at a time as there are CPUs:\n"
     "find . -name '*.log' -print0 | spread map -0 gzip -9\n"
     "A script with a pipe in it, and the file's name before each line of output:\n"
     "spread map --tag 'zcat {} | grep -c error' ::: *.log.gz\n"
     "Each with each, named by what they are made of:\n"
     "spread map ./simulate -t {1} -p {2} -o {1}-{2}.out ::: 1 2 3 ::: a b\n"
     "Many files for each command:\n"
     "find . -type f -print0 | spread map -0 -X chmod go-w\n"
     "Try three times, stop after five failures, and go on later with the same line:\n"
     "spread map --retries 3 --halt soon,fail=5 --jl log --resume -a urls wget -q\n"
     "Columns by their names:\n"
     "spread map --csv --header : -a hosts.csv ping -c 1 {address}\n"
     "A number of jobs that can be changed while they run:\n"
     "echo 4 >jobs; spread map -j jobs -a list ./work\n"},
    {"pipe", kPipe, "cut standard input into blocks of records, and run a command on each",
     "pipe [OPTION]... [--] COMMAND [ARG]...",
     "Cuts standard input into blocks of whole lines, or of other records, and gives each to a "
     "COMMAND of its own, several at a time; what they print comes in the order of the blocks. "
     "With "
     "--round-robin there is one COMMAND in each slot, which is given block after block.\n"
     "\n"
     "{#} in COMMAND is the block's number and {%} its slot's. Two words or more are executed as "
     "they are, without a shell; a single word that is no program's name is a script for it.",
     "Count words, 10 MB at a time:\n"
     "spread pipe --block 10M wc -w <big.txt\n"
     "Compress a file on all CPUs:\n"
     "spread pipe --block 16M gzip -c <data >data.gz\n"
     "Look through a file on a fast disk, without copying it through spread:\n"
     "spread pipe --pipepart -a access.log grep 404\n"
     "A table's heading for each part:\n"
     "spread pipe --header : --block 5M ./summarize <table.csv\n"
     "Filters that are slow to start:\n"
     "spread pipe --round-robin -j4 ./classify --model big.bin <records\n"},
    {"xargs", kXargs, "xargs itself, over the engine of map",
     "xargs [OPTION]... [COMMAND [FIRST-ARG]...]",
     "Reads items from standard input and runs COMMAND (echo) with FIRST-ARGs and as many items as "
     "fit, as POSIX and GNU xargs do: their options, rules, sizes, messages and exit statuses. "
     "Items end at blanks and newlines; quotes and backslashes keep these in them. A program that "
     "is called xargs, as a link to spread, is this.\n"
     "\n"
     "With one command at a time, COMMAND writes to the standard output and error of spread "
     "itself, "
     "and has its terminal. Above that, what each command prints comes in one piece when it ends.",
     "Remove the files that are listed, many at a time:\n"
     "spread xargs rm <list\n"
     "Four at a time, one file each, on all kinds of names:\n"
     "find . -name '*.log' -print0 | spread xargs -0 -n1 -P4 gzip\n"
     "In place of xargs, in this shell:\n"
     "alias xargs='spread xargs'\n"},
    {"pool", kPool, "keep workers warm between runs",
     "pool start NAME [OPTION]... -- WORKER [ARG]...\n"
     "pool status [NAME]\n"
     "pool stop NAME",
     "start starts WORKER in every slot, and returns; the workers stay, with whatever they have "
     "loaded, and 'spread run --pool NAME' sends tasks to them from any shell of the same user. "
     "Several runs may do so at once: each has its results in its own order, and all have as many "
     "workers. What is said of workers (WORKER, prep items, hosts, time-outs) is said here, and "
     "what is said of tasks and results to run. docs/pool.md has all of it.\n"
     "\n"
     "This is the one process of spread that outlives its command. status prints a line for each "
     "pool, or for NAME. stop lets no further run begin, waits for those that are there, and "
     "prints what the workers write at their end; a second stop ends what is under way.",
     "Load a model once, and use it again and again:\n"
     "spread pool start demo --prep model -- ./w; spread run --pool demo -a names\n"
     "How it is, and its end:\n"
     "spread pool status demo; spread pool stop demo\n"},
    {"all", kAll, "run a command once on every host, and hand back what each one writes",
     "all [OPTION]... -- COMMAND [ARG]...\n"
     "all [OPTION]... --worker 'COMMAND ARG...'...",
     "Runs COMMAND once on every host, on all at the same time, sends it the prep items and the "
     "end "
     "of its input, and writes what each one writes, in the order of the hosts. Where -j, N/HOST "
     "or "
     "--worker say more, it runs so often. There are no tasks, so COMMAND may be any program. The "
     "exit status counts those that ended non-zero or never started.",
     "Which system runs where:\n"
     "spread all --tag -S n1,n2,n3 uname -a\n"
     "Different commands at the same time:\n"
     "spread all --worker 'ssh n1 uptime' --worker 'ssh n2 uptime'\n"
     "The output of each in a file of its own:\n"
     "spread all -S n1,n2 --tails logs/ dmesg\n"},
    {"sweep", kSweep, "write a grid or a sample of parameters as tasks",
     "sweep [OPTION]... NAME=KIND:ARGUMENTS...|FILE...",
     "Writes a row for each combination of the parameters' values, or for each sample of them: a "
     "map "
     "from their names to their values, with the number of the row as _row. In a grid the first "
     "parameter varies slowest. run --sweep makes tasks of the same rows.\n"
     "\n"
     "KINDs of a grid are lin:LO:HI:N (N values, with both ends), geom:LO:HI:N, revgeom:LO:HI:N, "
     "list:V,V,..., file:NAME (a value a line) and const:V. Drawn are uniform:LO:HI, "
     "normal:MEAN:SD "
     "and column:V,V,... (as random numbers), lhs:LO:HI (a Latin hypercube), sobol:LO:HI and "
     "halton:LO:HI; --samples says how often. 'zip(a=list:1,2 b=list:3,4)' links parameters. A "
     "word "
     "without = is a FILE with more of them, or with the same as JSON; - is standard input. "
     "docs/sweeps.md has all of it.",
     "Fifteen rows, as JSON:\n"
     "spread sweep a=lin:0.1:0.9:3 b=list:1,2,3,4,5\n"
     "Samples of two parameters, half of which are kept, as a table:\n"
     "spread sweep --samples 99 --where 'x<y' --out csv x=lhs:0:1 y=lhs:0:1\n"
     "An evenly spread sample, as tasks of a worker:\n"
     "spread sweep --samples 256 x=sobol:0:1 | spread run --in json -- ./model\n"},
    {"results", kResults, "show what is done, by the journal of a run, also while it goes on",
     "results [OPTION]... JOURNAL",
     "Writes what the tasks of a run with --journal have come to, in their order and in the form "
     "of "
     "the run: line N is that of task N, up to the last one that has an answer. Of map and pipe, "
     "what the jobs printed, on standard output and standard error. The run may go on meanwhile: "
     "nothing is locked or written.\n"
     "\n"
     "With -f, answers come as the run has them, until it ends. What a run that was cut off has "
     "left at the end of its journal is told. A damaged journal is refused; spread journal repair "
     "copies what is sound of it.",
     "What is there so far:\n"
     "spread results j\n"
     "What failed, and why:\n"
     "spread results --failed j\n"
     "Records of a run while it goes on:\n"
     "spread results -f --out records j\n"},
    {"journal", kJournal, "copy what is sound of a damaged journal", "journal repair IN OUT",
     "Copies each record of the journal IN that is sound to OUT, which must not be there yet, and "
     "says how many there were and how many bytes were left out. IN stays as it is. --resume goes "
     "on with OUT: what was left out is done again.",
     "Go on with a run although a disk has damaged its journal:\n"
     "spread journal repair j repaired\n"
     "The same, and show what was sound:\n"
     "spread journal repair j repaired && spread results repaired\n"},
    {"hosts", kHosts, "show which hosts and slots would be used, and their history",
     "hosts [OPTION]... [-- WORKER [ARG]...]",
     "Shows the hosts, their slots and what is remembered of their past performance (for WORKER, "
     "where one is given). A remote host without N/ is asked how many CPUs it has, unless -j "
     "gives a number; nothing else is started, except with --check.",
     "What a run would use:\n"
     "spread hosts -S 8/n1,n2,:\n"
     "Can every host be reached:\n"
     "spread hosts --slf cluster.txt --check\n"},
    {"history", kHistory, "show or forget what is remembered of past performance",
     "history show [OPTION]... [HOST]...\n"
     "history reset [OPTION]... [HOST]...",
     "Shows, or forgets, how fast each host has been with each command. With HOSTs, only theirs. "
     "factor: how many times longer than the other hosts it took, over all commands. start: from "
     "the "
     "start of a worker to its first answer. failed, busy: the share of attempts that failed, or "
     "that the worker refused for being busy.",
     "Which hosts are fast:\n"
     "spread history show\n"
     "A host has got a new processor:\n"
     "spread history reset n2\n"},
    {"status", kStatus, "show the state of a run directory, and how far its run is", "status DIR",
     "Prints a line for the run of DIR, which was made with --dir or --detach: its state "
     "(prepared, "
     "running, finished, failed, stopped, gone, silent), and how many of its tasks are done. From "
     "any machine that sees the files. docs/run-directories.md says what the states are.",
     "How far is it:\n"
     "spread status spread-20260504-093000\n"
     "Of all runs here:\n"
     "for dir in spread-*; do spread status \"$dir\"; done\n"},
    {"retrieve", kRetrieve, "wait for the run of a directory, and print its results",
     "retrieve [OPTION]... DIR",
     "Waits until the run of DIR has ended, prints its results, and ends with its exit status. "
     "With "
     "--timeout, 124 says that it has not ended in time.",
     "The results, when they are there:\n"
     "spread retrieve spread-20260504-093000 >results\n"
     "If they are there within the hour:\n"
     "spread retrieve --timeout 1h spread-20260504-093000 >results\n"},
    {"attach", kAttach, "show bar and messages of the run of a directory, until it has ended",
     "attach DIR",
     "Shows the messages of a run in a directory, from the first one on, and its bar; where stderr "
     "is no terminal, that is a line every 5 s. Ends with the run, and with its exit status; "
     "Ctrl-C "
     "ends what is shown, and not the run.",
     "What is it doing:\n"
     "spread attach spread-20260504-093000\n"
     "To start it, and look on:\n"
     "spread run --detach --dir d -a tasks -- ./w && spread attach d\n"},
    {"stop", kStop, "ask the run of a directory to stop", "stop DIR",
     "The run ends within a second as after Ctrl-C: what is under way may end. A second time is a "
     "second Ctrl-C. 'spread run --dir DIR' goes on with it.",
     "From any machine that sees the files:\n"
     "spread stop spread-20260504-093000\n"
     "And go on with it later:\n"
     "spread stop d && spread retrieve d; spread run --detach --dir d\n"},
    {"clean", kClean, "remove a run directory", "clean DIR",
     "Removes what the run has left in DIR, and DIR, unless it still runs. What is not the run's "
     "stays, and is told.",
     "When its results have been seen:\n"
     "spread clean spread-20260504-093000\n"
     "Its results are printed, and nothing is kept:\n"
     "spread retrieve d >results && spread clean d\n"},
};

const TermText kExitStatuses[] = {
    {"0", "all tasks succeeded", kAny - kDirectory - kRelay - kPool},
    {"0", "standard input has ended, and so have all workers", kRelay},
    {"0", "start: a worker has been started; status, stop: done", kPool},
    {"0", "done; retrieve, attach: and all tasks of the run succeeded", kDirectory},
    {"1-100",
     "that many tasks failed, were lost or not computed (check: 1, a check has failed; all: "
     "commands that ended "
     "non-zero or never started; map: jobs that failed or were not run)",
     kNotXargs - kDirectory - kRelay - kPool},
    {"101", "more than 100", kNotXargs - kDirectory - kRelay - kPool},
    {"1-254", "that of the run, where it has ended so", kRetrieve | kAttach},
    {"124", "--timeout was over before the run", kRetrieve},
    {"141", "the reader of the output closed it (| head)", kNotXargs - (kAttach | kStop | kClean)},
    {"255", "spread's own error: wrong usage, nothing could be started, cannot write",
     kNotXargs - kDirectory - kRelay - kPool},
    {"255", "wrong usage, no such pool, or one that cannot be made: a line says why", kPool},
    {"255", "wrong usage, a master that has sent what is no frame, or no worker left", kRelay},
    {"255", "it cannot be done now, or at all: a line says why", kDirectory},
    {"1", "xargs' own error: wrong usage, an unmatched quote, an item that does not fit", kXargs},
    {"123", "a command ended with a status from 1 to 125", kXargs},
    {"124", "a command ended with status 255: no other was started", kXargs},
    {"125", "a command was killed by a signal: no other was started", kXargs},
    {"126", "the command cannot be run", kXargs},
    {"127", "the command is not found", kXargs},
    {"128+n", "ended by signal n", kAny - kDirectory},
};

const TermText kEnvironment[] = {
    {"SPREAD_HOST, SPREAD_SLOT, SPREAD_WORKER, SPREAD_WORKERS",
     "set for every worker, on remote hosts too: the host's name, the slot's number on that host "
     "(from 1), the worker's number over all hosts (from 0), and how many there are",
     kSends | kAll | kOneshot | kCheck | kPool},
    {"SPREAD_HOST, SPREAD_SLOT",
     "set for every worker: the host's name, and the slot's number there (from 1). What else a "
     "worker is told comes from the run",
     kRelay},
    {"SPREAD_FEATURES, SPREAD_WIRE, SPREAD_PREP, SPREAD_BEAT",
     "what the master says of itself: whether it knows relays, and speaks msgpack or json, the "
     "number of prep items, and the seconds within which it wants a sign of life",
     kRelay},
    {"SPREAD_PREP", "set for every worker: the number of prep items that it will be sent",
     kSends | kAll | kOneshot | kCheck},
    {"SPREAD_GENERATION", "set for every worker: how many processes its slot had before it",
     kSends | kAll},
    {"SPREAD_FEATURES",
     "set for every worker that speaks msgpack or json: what this spread knows beyond the first "
     "version of the protocol (docs/protocol.md)",
     kSends},
    {"SPREAD_BEAT",
     "set for every worker behind a launcher that speaks msgpack or json: the seconds within which "
     "it is asked for a sign of life (--lost-after)",
     kSends},
    {"SPREAD_ITEM, SPREAD_SEQ, SPREAD_SLOT",
     "set for every job of map: its item, or its items with a blank between (nothing, where that "
     "is "
     "longer than an argument may be), its number and that of its slot; GNU parallel's "
     "PARALLEL_SEQ and PARALLEL_JOBSLOT are set, too",
     kMap},
    {"SPREAD_SHELL", "the shell of scripts, unless --shell-path names one", kMap | kPipe},
    {"TMPDIR", "where the spill file is made, unless --spill-dir names a directory",
     kSends | kAll | kMap | kPipe},
    {"XDG_RUNTIME_DIR", "in whose folder spread pools are; see docs/pool.md", kRun | kPool},
    {"TMPDIR", "where a table of many tasks is made", kResults},
    {"XDG_STATE_HOME", "where the history is kept; ~/.local/state if it is not set",
     kAny - kSweep - kDirectory - kResults - kJournal - kRelay},
    {"LC_ALL, LC_CTYPE, LANG", "whether the progress bar may use more than ASCII",
     kSends | kAll | kMap | kPipe},
    {"TERM", "dumb: no progress bar unless one is asked for", kSends | kAll | kMap | kPipe},
};

const TermText kFiles[] = {
    {"$XDG_STATE_HOME/spread/history.db",
     "what is remembered of the hosts' past performance, an SQLite database; see spread history",
     kAny - kSweep - kDirectory - kResults - kJournal - kRelay},
};

constexpr Group kGroups[] = {Group::Hosts,   Group::Input,  Group::Command, Group::Output,
                             Group::Failure, Group::Report, Group::Limits,  Group::Other};

}  // namespace

std::span<const SubcommandText> subcommands() { return kSubcommands; }

const SubcommandText* find_subcommand(std::string_view name) {
  for (const SubcommandText& text : kSubcommands) {
    if (text.name == name) return &text;
  }
  return nullptr;
}

std::span<const TermText> exit_statuses() { return kExitStatuses; }
std::span<const TermText> environment_variables() { return kEnvironment; }
std::span<const TermText> files() { return kFiles; }
std::span<const Group> groups() { return kGroups; }

std::string_view group_title(Group group, Subcommands subcommand) {
  const bool map = subcommand == kMap || subcommand == kPipe || subcommand == kXargs;
  switch (group) {
    case Group::Hosts: return map ? "Jobs at a time" : "Hosts and workers";
    case Group::Input: return map ? "Items in" : "Tasks in";
    case Group::Command: return "The command";
    case Group::Output: return map ? "Output" : "Results out";
    case Group::Failure: return "Failures";
    case Group::Report: return "Progress and records";
    case Group::Limits: return "Limits";
    case Group::Other: return "Other";
  }
  return "";
}

}  // namespace spread::cli
