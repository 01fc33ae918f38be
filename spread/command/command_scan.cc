#include "spread/command/command_scan.h"

#include <algorithm>

#include "spread/base/characters.h"
#include "spread/command/known_programs.h"

namespace spread {
namespace {

using Words = std::span<const ScannedWord>;

constexpr std::string_view kShells = "sh bash dash zsh ksh mksh ash lksh oksh pdksh rbash yash";
constexpr std::string_view kShellArgument =
    "let that shell have the item as an argument: sh -c 'COMMAND \"$1\"' sh {}";

constexpr std::string_view kPerlFiles =
    "a file name such as 'x |' is a command to it: give it the file on stdin ('perl ... < {}')";
constexpr std::string_view kFixedCommand =
    "give it a fixed command, which reads the item from the environment variable SPREAD_ITEM";

bool has(std::string_view letters, char letter) {
  return letters.find(letter) != std::string_view::npos;
}

/// ssh -o ProxyCommand=..., git -c core.sshCommand=...: a shell reads what follows.
bool names_command(const ScannedWord& word) {
  if (word.holes.empty()) return false;
  const std::string before = lower_case(word.text.substr(0, word.holes.front()));
  for (const std::string_view option : {"proxycommand", "localcommand", "knownhostscommand",
                                        "core.sshcommand", "git_ssh_command"}) {
    const std::size_t at = before.find(option);
    if (at == std::string::npos || at + option.size() == before.size()) continue;
    const char next = before[at + option.size()];
    if (next == '=' || next == ' ') return true;
  }
  return false;
}

bool is_code_variable(std::string_view name) {
  return has_word("BASH_ENV ENV PS0 PS1 PS2 PS4 PROMPT_COMMAND", name);
}

bool is_option(const ScannedWord& word) {
  return word.text.size() > 1 && word.text.front() == '-' &&
         (word.holes.empty() || word.holes.front() > 0);
}

bool is_env_assignment(const ScannedWord& word) {
  const std::size_t equals = word.text.find('=');
  return equals != std::string::npos && equals > 0 &&
         (word.holes.empty() || word.holes.front() > equals);
}

/// One step over an option word.
struct OptionStep {
  bool takes_next = false;  ///< its argument is the next word
  char letter = 0;          ///< the option that takes an argument; 0 = none, or a long one
  std::string_view name;    ///< of a long option, without =VALUE
  bool value_has_item = false;
};

OptionStep step_long(const ScannedWord& word, const ProgramOptions& options,
                     std::string_view code_long) {
  OptionStep step;
  const std::size_t equals = word.text.find('=');
  step.name = std::string_view(word.text).substr(0, equals);
  step.value_has_item = equals != std::string::npos && !word.holes.empty();
  step.takes_next = equals == std::string::npos &&
                    (has_word(options.long_arguments, step.name) || has_word(code_long, step.name));
  return step;
}

OptionStep step_letters(const ScannedWord& word, const ProgramOptions& options) {
  OptionStep step;
  for (std::size_t i = 1; i < word.text.size(); ++i) {
    const char letter = word.text[i];
    if (has(options.attached, letter)) return step;
    if (!has(options.letters, letter)) continue;
    step.letter = letter;
    step.takes_next = i + 1 == word.text.size() && word.holes.empty();
    step.value_has_item = !word.holes.empty();
    return step;
  }
  return step;
}

OptionStep step_option(const ScannedWord& word, const ProgramOptions& options,
                       std::string_view code_long) {
  // sqlite's -cmd and its like are long options with one dash.
  if (word.text.starts_with("--") || has_word(options.long_arguments, word.text)) {
    return step_long(word, options, code_long);
  }
  return step_letters(word, options);
}

class Scan {
 public:
  explicit Scan(Words words) : words_(words) {}

  CommandScan run() {
    scan_from(0, /*rewritable=*/true);
    for (std::size_t at = 0; at < words_.size(); ++at) {
      if (names_command(words_[at])) report(at, "ssh", true, kFixedCommand);
    }
    return std::move(found_);
  }

 private:
  void report(std::size_t word, std::string_view program, bool by_shell, std::string_view instead) {
    if (words_[word].holes.empty()) return;
    if (guessing_ && words_[word].text.empty()) return;
    found_.evaluated.push_back({word, std::string(program), by_shell, instead});
  }

  // Wrappers in front of the command are stepped over, each giving the place of the next.
  void scan_from(std::size_t at, bool rewritable) {
    while (at < words_.size() && words_[at].holes.empty()) {
      const std::string_view name = program_name(words_[at].text);
      if (is_posix_shell(name)) return scan_shell(at, rewritable);
      if (const Interpreter* row = find_interpreter(name)) return scan_interpreter(at, *row);
      if (const Wrapper* row = find_wrapper(name)) {
        at = skip_wrapper(at, *row);
        continue;
      }
      return scan_unknown(at, is_launcher(name));
    }
    if (at < words_.size()) scan_named_by_item(at);
  }

  // The program comes from an item: it may be an interpreter. `{1} -c {2}` may be md5sum's -c, and
  // where all of the word is the item nothing is pasted into anything.
  void scan_named_by_item(std::size_t at) {
    scan_unknown(at, /*launcher=*/true);
    guessing_ = true;
    while (++at + 1 < words_.size()) {
      const std::string& text = words_[at].text;
      if (text.size() < 2 || text[0] != '-' || text[1] == '-') continue;
      if (text.back() == 'c' || text.back() == 'e')
        report(at + 1, "a program", false, kAsProgramArgument);
    }
    guessing_ = false;
  }

  void scan_shell(std::size_t at, bool rewritable) {
    const std::string_view name = program_name(words_[at].text);
    bool script = false;
    for (++at; at < words_.size(); ++at) {
      const ScannedWord& word = words_[at];
      if (word.text == "--" || word.text == "-") {
        ++at;
        break;
      }
      if (word.text.size() < 2 || !word.holes.empty() ||
          (word.text[0] != '-' && word.text[0] != '+')) {
        break;
      }
      if (word.text.starts_with("--")) {
        if (word.text == "--rcfile" || word.text == "--init-file") ++at;
        continue;
      }
      if (word.text[0] == '-' && has(word.text, 'c')) script = true;
      if (has(word.text, 'o') || has(word.text, 'O')) ++at;
    }
    if (!script || at >= words_.size()) return;
    if (rewritable && !found_.script) {
      found_.script = at;
    } else {
      report(at, name, true, kShellArgument);
    }
  }

  void scan_interpreter(std::size_t at, const Interpreter& row) {
    const std::string_view name = program_name(words_[at].text);
    if (name == "perl") scan_perl_files(at);
    bool options = true, operand_is_code = row.first_code_operand != kNoOperand;
    int operand = 0;
    for (++at; at < words_.size(); ++at) {
      const ScannedWord& word = words_[at];
      if (options && word.text == "--" && word.holes.empty()) {
        options = false;
        continue;
      }
      if (options && is_option(word)) {
        const OptionStep step = step_option(word, row.options, row.code_long);
        const bool code = (step.letter != 0 && has(row.code_letters, step.letter)) ||
                          has_word(row.code_long, step.name);
        if (step.letter != 0 && (code || has(row.program_letters, step.letter))) {
          operand_is_code = false;
        }
        if (step.letter == 0 && code) operand_is_code = false;
        if (code && step.value_has_item) report(at, name, row.by_shell, row.instead);
        if (step.takes_next && ++at < words_.size() && code) {
          report(at, name, row.by_shell, row.instead);
        }
        if (has_word("--arg --argjson --slurpfile --rawfile", step.name)) ++at;
        continue;
      }
      if (operand_is_code && operand >= row.first_code_operand &&
          operand <= row.last_code_operand) {
        report(at, name, row.by_shell, row.instead);
      } else if (word.holes.empty() && is_posix_shell(program_name(word.text))) {
        return scan_shell(at, /*rewritable=*/false);  // perl -e 'exec @ARGV' sh -c ...
      }
      ++operand;
      if (row.ends_at_operand) return scan_unknown(at, /*launcher=*/false);
    }
  }

  // With -n and -p perl opens its operands itself: `x |` as a pipe from the command x, but in
  // place.
  void scan_perl_files(std::size_t at) {
    bool loop = false, in_place = false, code = false;
    for (++at; at < words_.size() && words_[at].holes.empty(); ++at) {
      const std::string& text = words_[at].text;
      if (text.size() < 2 || text[0] != '-' || text[1] == '-') break;
      const std::size_t end = std::min(text.find_first_of("eEiMmIFxCdD"), text.size());
      loop = loop || text.substr(0, end).find_first_of("np") != std::string::npos;
      in_place = in_place || (end < text.size() && text[end] == 'i');
      if (end < text.size() && (text[end] == 'e' || text[end] == 'E')) {
        code = true;
        if (end + 1 == text.size()) ++at;
      }
    }
    if (!loop || in_place || !code) return;
    for (; at < words_.size(); ++at) report(at, "perl -n", false, kPerlFiles);
  }

  std::size_t skip_wrapper(std::size_t at, const Wrapper& row) {
    const std::string_view name = program_name(words_[at].text);
    int operands = row.operands;
    for (++at; at < words_.size(); ++at) {
      const ScannedWord& word = words_[at];
      if (word.text == "--" && word.holes.empty()) continue;
      if (is_option(word)) {
        const OptionStep step = step_option(word, row.options, row.code_long);
        const bool code = (step.letter != 0 && has(row.code_letters, step.letter)) ||
                          has_word(row.code_long, step.name);
        if (code && step.value_has_item) report(at, name, true, kShellArgument);
        if (step.takes_next && ++at < words_.size() && code) {
          report(at, name, true, kShellArgument);
        }
        continue;
      }
      if (row.assignments && is_env_assignment(word)) {
        if (is_code_variable(std::string_view(word.text).substr(0, word.text.find('=')))) {
          report(at, "a shell with this variable", true, kFixedCommand);
        }
        continue;
      }
      if (operands-- > 0) continue;
      return at;
    }
    return at;
  }

  // A command may stand anywhere in its arguments: shells are looked for behind any program, other
  // interpreters behind those that are known to run commands; behind the rest they are a guess
  // (`grep -e perl -e {}`), and only text around the item makes it code.
  void scan_unknown(std::size_t at, bool launcher) {
    const bool entrypoint =
        std::any_of(words_.begin() + static_cast<std::ptrdiff_t>(at), words_.end(),
                    [](const ScannedWord& word) { return word.text.starts_with("--entrypoint"); });
    if (launcher && entrypoint) scan_entrypoint(at);
    for (++at; at < words_.size(); ++at) {
      const ScannedWord& word = words_[at];
      if (!word.holes.empty() || word.text.empty() || word.text.front() == '-') continue;
      const std::string_view name = program_name(word.text);
      if (is_posix_shell(name)) return scan_shell(at, /*rewritable=*/false);
      if (!launcher) {
        const Interpreter* row = find_interpreter(name);
        if (row == nullptr || row->code_letters.empty() || row->by_shell) continue;
        guessing_ = true;
        scan_interpreter(at, *row);
        guessing_ = false;
        return;
      }
      if (find_interpreter(name) != nullptr || find_wrapper(name) != nullptr) {
        return scan_from(at, /*rewritable=*/false);
      }
    }
  }

  // docker run --entrypoint sh IMAGE -c '...': the shell and its -c are far apart.
  void scan_entrypoint(std::size_t at) {
    while (++at + 1 < words_.size()) {
      const std::string& text = words_[at].text;
      if (text.size() > 1 && text[0] == '-' && text[1] != '-' && text.back() == 'c') {
        report(at + 1, "the shell", true, kShellArgument);
      }
    }
  }

  Words words_;
  CommandScan found_;
  bool guessing_ = false;  ///< what is read may be no program at all
};

}  // namespace

bool has_word(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(' '), list.size());
    if (!word.empty() && list.substr(0, end) == word) return true;
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return false;
}

std::string_view program_name(std::string_view path) {
  if (const std::size_t slash = path.rfind('/'); slash != std::string_view::npos) {
    path.remove_prefix(slash + 1);
  }
  // -3.11, 3.11 and the like; a name of digits alone stays.
  const std::size_t end = path.find_last_not_of("0123456789.-");
  return end == std::string_view::npos ? path : path.substr(0, end + 1);
}

bool is_posix_shell(std::string_view name) { return has_word(kShells, name); }

CommandScan scan_command(Words words) { return Scan(words).run(); }

}  // namespace spread
