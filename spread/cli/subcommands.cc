#include "spread/cli/subcommands.h"

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
    {"all", kAll, "run a command once in every slot, and hand back what each one writes",
     "all [OPTION]... -- COMMAND [ARG]...\n"
     "all [OPTION]... --worker 'COMMAND ARG...'...",
     "Runs COMMAND once in every slot, sends it the prep items and the end of its input, and "
     "writes what each one writes, in the order of the slots. There are no tasks, so COMMAND may "
     "be any program. The exit status counts those that ended non-zero or never started.",
     "Which system runs where:\n"
     "spread all -j1 -S n1,n2,n3 -- uname -a\n"
     "Different commands at the same time:\n"
     "spread all --worker 'ssh n1 uptime' --worker 'ssh n2 uptime'\n"
     "The output of each in a file of its own:\n"
     "spread all -j1 -S n1,n2 --tails logs/ -- dmesg\n"},
    {"hosts", kHosts, "show which hosts and slots would be used, and their history",
     "hosts [OPTION]... [-- WORKER [ARG]...]",
     "Shows the hosts, their slots and what is remembered of their past performance (for WORKER, "
     "where one is given). Nothing is started, except with --check.",
     "What a run would use:\n"
     "spread hosts -S 8/n1,n2,:\n"
     "Can every host be reached:\n"
     "spread hosts --slf cluster.txt --check\n"},
    {"history", kHistory, "show or forget what is remembered of past performance",
     "history show [OPTION]... [HOST]...\n"
     "history reset [OPTION]... [HOST]...",
     "Shows, or forgets, how fast each host has been with each command. With HOSTs, only theirs.",
     "Which hosts are fast:\n"
     "spread history show\n"
     "A host has got a new processor:\n"
     "spread history reset n2\n"},
};

const TermText kExitStatuses[] = {
    {"0", "all tasks succeeded"},
    {"1-100",
     "that many tasks failed, were lost or not computed (all: commands that ended "
     "non-zero or never started)"},
    {"101", "more than 100"},
    {"141", "the reader of the output closed it (| head)"},
    {"255", "spread's own error: wrong usage, nothing could be started, cannot write"},
    {"128+n", "ended by signal n"},
};

const TermText kEnvironment[] = {
    {"SPREAD_HOST, SPREAD_SLOT, SPREAD_WORKER, SPREAD_WORKERS",
     "set for every worker, on remote hosts too: the host's name, the slot's number on that host "
     "(from 1), the worker's number over all hosts (from 0), and how many there are"},
    {"SPREAD_PREP", "set for every worker: the number of prep items that it will be sent"},
    {"TMPDIR", "where the spill file is made, unless --spill-dir names a directory"},
    {"XDG_STATE_HOME", "where the history is kept; ~/.local/state if it is not set"},
    {"LC_ALL, LC_CTYPE, LANG", "whether the progress bar may use more than ASCII"},
    {"TERM", "dumb: no progress bar unless one is asked for"},
};

const TermText kFiles[] = {
    {"$XDG_STATE_HOME/spread/history.db",
     "what is remembered of the hosts' past performance, an SQLite database; see spread history"},
};

constexpr Group kGroups[] = {Group::Hosts,  Group::Input,  Group::Output, Group::Failure,
                             Group::Report, Group::Limits, Group::Other};

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

std::string_view group_title(Group group) {
  switch (group) {
    case Group::Hosts: return "Hosts and workers";
    case Group::Input: return "Tasks in";
    case Group::Output: return "Results out";
    case Group::Failure: return "Failures";
    case Group::Report: return "Progress and records";
    case Group::Limits: return "Limits";
    case Group::Other: return "Other";
  }
  return "";
}

}  // namespace spread::cli
