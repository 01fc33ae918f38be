#include "spread/cli/spelling.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include <fmt/format.h>

namespace spread::cli {
namespace {

/// GNU parallel's other names. They are habits, not help: --help does not show them.
constexpr struct {
  std::string_view alias, name;
} kAliases[] = {
    {"--halt-on-error", "--halt"},
    {"--no-keep-order", "--unordered"},
    {"--no-k", "--unordered"},
    {"--line-buffered", "--lb"},
    {"--xapply", "--link"},
    {"--res", "--results"},
    {"--block-size", "--block"},
    {"--basefiles", "--basefile"},
    {"--transferfiles", "--transferfile"},
};

constexpr std::size_t kShownMax = 8;  ///< names in a message

bool is_long(std::string_view name) { return name.size() > 2 && name.substr(0, 2) == "--"; }

std::string without_hyphens(std::string_view name) {
  std::string out(name);
  out.erase(std::remove(out.begin(), out.end(), '-'), out.end());
  return out;
}

std::string_view name_in(std::string_view word) { return word.substr(0, word.find('=')); }

const OptionSpec* by_alias(std::string_view letters, Subcommands subcommands) {
  for (const auto& row : kAliases) {
    if (without_hyphens(row.alias) == letters) return find_option(row.name, subcommands);
  }
  return nullptr;
}

/// The options that have a name which begins with `start`; the one that is called so, alone.
/// `spelled`: what of a name counts.
template <typename Spelled>
Meaning beginning_with(std::string_view start, Subcommands subcommands, Spelled spelled) {
  Meaning found;
  for (const OptionSpec& spec : option_table()) {
    if ((spec.subcommands & subcommands) == 0) continue;
    bool counted = false;
    for (const std::string_view name : spec.all_names()) {
      if (!is_long(name)) continue;
      const std::string known = spelled(name);
      if (known == start) return {&spec, {name}};
      if (known.compare(0, start.size(), start) != 0 || counted) continue;
      counted = true;
      found.spec = &spec;
      found.candidates.push_back(name);
    }
  }
  if (found.candidates.size() > 1) found.spec = nullptr;
  return found;
}

std::string_view long_name(const OptionSpec& spec) {
  for (const std::string_view name : spec.all_names()) {
    if (is_long(name)) return name;
  }
  return spec.primary_name();
}

/// Whether the word behind `word` is its value.
bool takes_next_word(std::string_view word, Subcommands subcommands) {
  if (is_long(word)) {
    const Meaning meaning = meaning_of(name_in(word), subcommands);
    return meaning.spec != nullptr && !meaning.spec->is_flag() &&
           word.find('=') == std::string_view::npos;
  }
  for (std::size_t i = 1; i < word.size(); ++i) {
    const OptionSpec* spec = find_option(fmt::format("-{}", word[i]), subcommands);
    if (spec == nullptr) return false;
    if (!spec->is_flag()) return i + 1 == word.size();
  }
  return false;
}

std::string ambiguous(std::string_view name, const std::vector<std::string_view>& candidates) {
  const std::size_t shown = std::min(candidates.size(), kShownMax);
  std::string names;
  for (std::size_t i = 0; i < shown; ++i) {
    const bool last = i + 1 == candidates.size();
    names += fmt::format("{}{}", i == 0 ? "" : last ? " or " : ", ", candidates[i]);
  }
  if (shown < candidates.size()) names += fmt::format(" or {} more", candidates.size() - shown);
  return fmt::format("{} could be {}", name, names);
}

}  // namespace

bool is_written_out(std::string_view name) {
  return name == "--resume" || name == "--resume-failed" || name == "--retry-failed" ||
         name == "--cleanup" || name == "--allow-paste";
}

Meaning meaning_of(std::string_view name, Subcommands subcommands) {
  if (const OptionSpec* spec = find_option(name, subcommands)) return {spec, {}};
  if (!is_long(name)) return {};
  const std::string letters = without_hyphens(name);
  if (letters.empty()) return {};
  if (const OptionSpec* spec = by_alias(letters, subcommands)) return {spec, {}};
  Meaning meaning =
      beginning_with(name, subcommands, [](auto known) { return std::string(known); });
  if (meaning.candidates.empty()) meaning = beginning_with(letters, subcommands, without_hyphens);
  if (meaning.candidates.empty()) return {};
  if (without_hyphens(meaning.candidates.front()) == letters) return {meaning.spec, {}};
  // What is an option there and not here is refused with its reason: --st is no --stdin.
  if ((subcommands & (kMap | kPipe)) != 0 && !hint_for_foreign_option(name).empty()) return {};
  if (meaning.spec == nullptr) return meaning;
  if (is_written_out(meaning.candidates.front())) return {};
  return {meaning.spec, {}};
}

std::vector<std::size_t> places_of_options(const std::vector<std::string>& words,
                                           Subcommands subcommands, Words positionals) {
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < words.size() && words[i] != "--"; ++i) {
    if (words[i].size() < 2 || words[i][0] != '-') {
      if (positionals == Words::EndOptions) break;
      continue;
    }
    places.push_back(i);
    if (takes_next_word(words[i], subcommands)) ++i;
  }
  return places;
}

Result<std::vector<std::string>> write_out(std::vector<std::string> words, Subcommands subcommands,
                                           Words positionals) {
  for (const std::size_t place : places_of_options(words, subcommands, positionals)) {
    std::string& word = words[place];
    const std::string_view name = name_in(word);
    if (!is_long(name) || find_option(name, subcommands) != nullptr) continue;
    const Meaning meaning = meaning_of(name, subcommands);
    if (!meaning.candidates.empty()) return fail(ambiguous(name, meaning.candidates));
    if (meaning.spec != nullptr) word.replace(0, name.size(), long_name(*meaning.spec));
  }
  return words;
}

namespace {

/// Optimal string alignment: Levenshtein's distance with swaps of neighbours.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), now(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    now[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      now[j] = std::min({last[j] + 1, now[j - 1] + 1, last[j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        now[j] = std::min(now[j], before[j - 2] + 1);
      }
    }
    std::swap(before, last);
    std::swap(last, now);
  }
  return last[b.size()];
}

}  // namespace

std::string_view closest(std::string_view word, std::span<const std::string_view> candidates) {
  // Longer words are no mistyped names, and the distance costs the product of the lengths.
  if (word.size() < 2 || word.size() > 40) return {};
  // An abbreviation, its last letter perhaps a slip or a habit: --retry for --retries.
  for (const std::string_view stem : {word, word.substr(0, word.size() - 1)}) {
    const auto begins = [&](std::string_view candidate) {
      return candidate.substr(0, stem.size()) == stem;
    };
    if (stem.size() >= 4 && std::count_if(candidates.begin(), candidates.end(), begins) == 1) {
      return *std::find_if(candidates.begin(), candidates.end(), begins);
    }
  }
  std::string_view best;
  std::size_t best_distance = word.size() <= 5 ? 2 : 3;
  for (const std::string_view candidate : candidates) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

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
