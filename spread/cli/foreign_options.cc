#include "spread/cli/foreign_options.h"

#include <algorithm>

#include <fmt/format.h>

namespace spread::cli {
namespace {

struct Row {
  std::string_view names;  ///< with a blank behind each
  std::string_view text;   ///< what to write instead or, after a colon, why nothing
};

constexpr Row kRows[] = {
    // ---- input
    {"-E -e --eof ", "spread xargs -E END, or in front of map: sed '/^END$/,$d' |"},
    {"-i --replace ", ": {} stands for the item anyway, and with -I STR it is STR"},
    {"-l ", "-L N; a line for each job is what happens anyway"},
    {"--shuf ", "shuf | spread map ..."},
    {"--filter ", "grep | spread map ..., or a test in the command"},
    {"--skip-first-line ", "tail -n +2 | spread map ..."},
    {"--arg-sep --argsep --arg-file-sep --argfilesep ", "write -- or -a before a word that is :::"},
    {"--max-line-length-allowed --show-limits ", "getconf ARG_MAX"},
    {"--total-jobs --total ",
     ": the input is not read ahead to count it; --bar shows what is known"},
    {"--sql --sqlmaster --sql-master --sqlworker --sql-worker --sqlandworker --sql-and-worker ",
     "psql -c ... | spread map ..., and --out records for the results"},
    {"--hostgroups --hgrp ", "one run with its own -S for each group of hosts"},
    // ---- the command
    {"--plus ", "{..} and {%SUFFIX} need no option; for the rest 'x={}; echo \"${x#./}\"'"},
    {"--rpl --parens -U ", "a script that makes the text: 'x=$(echo {} | sed ...); ...'"},
    {"--bnr --basenamereplace --bner --basenameextensionreplace --dnr --dirnamereplace --er "
     "--extensionreplace --seqreplace --slotreplace ",
     ": the letters are fixed: {/} {/.} {//} {.} {#} {%}"},
    {"--shell-quote --shellquote ",
     "--dry-run, which prints commands quoted, or bash's printf '%q\\n'"},
    {"--template --tmpl --embed --shebang --hashbang --shebang-wrap ",
     "a script that calls spread"},
    {"--cat --fifo ", "--stdin, which gives a job its item on standard input"},
    {"-p --interactive ", "spread xargs -p, which asks; or --dry-run, and then without it"},
    {"-o --open-tty --tty ", "spread xargs -o, whose commands read the terminal"},
    {"--fg --bg --wait --semaphore --id --semaphore-name --semaphorename --st "
     "--semaphore-timeout --semaphoretimeout ",
     "flock(1), which keeps two commands apart"},
    {"--tmux --tmuxpane ", "--lb --tag, which shows all jobs as they go"},
    // ---- running
    {"--memsuspend --noswap --limit ",
     "--load, --memfree, or a -j FILE that a script of yours writes"},
    {"--process-slot-var ", "$SPREAD_SLOT, or {%}"},
    {"--record-env --session ", ": jobs have the environment anyway, exported functions too"},
    {"--use-cores-instead-of-threads --use-sockets-instead-of-threads "
     "--use-cpus-instead-of-cores ",
     "-j50%"},
    {"--number-of-cpus --number-of-cores --number-of-sockets --number-of-threads ", "nproc, lscpu"},
    {"--rsync-opts ", ": files go through the login, with tar; rsync yours before the run"},
    // ---- output
    {"--files --output-as-files --outputasfiles ",
     "--results DIR, which keeps what jobs print in files"},
    {"--compress --compress-program --decompress-program ", "'... | gzip > {}.gz'"},
    {"--color --color-failed --cf --ctag --ctagstring ",
     "--tag, and the summary of the failed jobs"},
    {"--latest-line --latestline --ll ", "--bar, or --lb --tag"},
    {"--silent ", ": commands are not printed without -t anyway"},
    {"--tmpdir --tempdir ", "--spill-dir, where output waits that does not fit into memory"},
    // ---- other machines
    {"-M --controlmaster ", ": one login for each slot carries all its jobs anyway"},
    {"--ssh-delay --sshdelay ", ": eight logins to a host are under way at most anyway"},
    {"--filter-hosts --filterhosts ", ": a host that is down is left alone and tried again anyway"},
    {"--onall ", "spread all -S ... -- COMMAND, which runs once on each host"},
    // ---- blocks of stdin
    {"--tee ", "tee >(a) >(b)"},
    {"--shard --bin --group-by --groupby ", "sort |, and --recstart"},
    {"--block-timeout --blocktimeout --bt ",
     ": a block goes when it is full, or the input has ended"},
    // ---- about itself
    {"--minversion ", "spread --version"},
    {"--citation --will-cite --bibtex ", ": there is nothing to cite, and no notice to silence"},
    {"-J --profile --plain --gnu --tollef ",
     "an alias of your shell; no file changes what options mean here"},
    {"--shell-completion ", "spread --completion bash, zsh or fish"},
};

bool names(std::string_view list, std::string_view name) {
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(' '), list.size() - 1);
    if (list.substr(0, end) == name) return true;
    list.remove_prefix(end + 1);
  }
  return false;
}

}  // namespace

std::string hint_for_foreign_option(std::string_view word) {
  std::string_view name = word.substr(0, word.find('='));
  if (name.size() < 2) return {};
  // The value of a short option may be glued to it: -i%, -l2.
  if (name.size() > 2 && name[1] != '-') name = name.substr(0, 2);
  for (const Row& row : kRows) {
    if (!names(row.names, name)) continue;
    const bool reason = row.text.front() == ':';
    return fmt::format("{} is not supported{}{}", name, reason ? "" : "; instead: ", row.text);
  }
  return {};
}

}  // namespace spread::cli
