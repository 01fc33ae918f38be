#include "spread/command/word_check.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "spread/base/ascii.h"
#include "spread/base/quote.h"
#include "spread/command/command_scan.h"

namespace spread {
namespace {

constexpr std::string_view kOperators = "| || |& & && ; ;; < > >> << <<< <> >| >& <& &> &>> 2> 2>>";
constexpr std::string_view kShellWords =
    "cd type source . export alias unalias unset set shift eval local return umask ulimit wait "
    "trap times "
    "hash jobs fg bg declare typeset readonly pushd popd dirs shopt let mapfile readarray read "
    "builtin "
    "command history enable disown suspend logout bind caller compgen complete getopts break "
    "continue "
    "exit exec time if for while until case select function [[ { ( ! :";

/// ls >file: the name of a file, or the number behind >&. `<{}>` and `<=` are none.
bool is_target(std::string_view text) {
  return !text.empty() && text.front() != '=' && std::all_of(text.begin(), text.end(), [](char c) {
    return is_letter_or_digit(c) || static_cast<unsigned char>(c) >= 128 ||
           std::string_view("._/~-+,:@%#{}$").find(c) != std::string_view::npos;
  });
}

/// 2>&1, >/dev/null, 2>>log, &>x, <file, <(sort x), |wc.
bool is_redirection(std::string_view word) {
  if (word.starts_with('|'))
    return word.size() > 1 && is_letter(word[1]) && is_target(word.substr(1));
  if (word.starts_with('&')) {
    word.remove_prefix(1);
    if (!word.starts_with('>')) return false;
  }
  const std::size_t digits = std::min(word.find_first_not_of("0123456789"), word.size());
  word.remove_prefix(digits);
  if (word.empty() || (word[0] != '<' && word[0] != '>')) return false;
  if (word.size() > 1 && word[1] == '(') return word.ends_with(')');
  for (const std::string_view sign : {"<<<", ">>", ">&", "<&", ">|", "<>", "<<", ">", "<"}) {
    if (!word.starts_with(sign)) continue;
    word.remove_prefix(sign.size());
    const bool arrow = word.starts_with('-') && !sign.ends_with('&');  // R's <-
    return word.empty() || (is_target(word) && !arrow);
  }
  return false;
}

/// The `;` that ends find's command.
bool ends_command_of_find(const std::vector<std::string>& words, std::size_t at) {
  return words[at] == ";" &&
         std::any_of(
             words.begin(), words.begin() + static_cast<std::ptrdiff_t>(at),
             [](const std::string& word) { return has_word("-exec -execdir -ok -okdir", word); });
}

bool is_assignment_word(std::string_view word) {
  const std::size_t equals = word.find('=');
  return equals != std::string_view::npos && is_identifier(word.substr(0, equals));
}

}  // namespace

Status check_words(const std::vector<std::string>& words,
                   const std::function<bool(const std::string&)>& on_path) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    const bool shells = has_word(kOperators, words[i]) || is_redirection(words[i]);
    if (!shells || ends_command_of_find(words, i)) continue;
    return fail(
        fmt::format("{} means something to a shell only, and several words are run without one: -c "
                    "gives them to the shell, -q passes it as it is",
                    show_text(words[i])));
  }
  const std::string& first = words.front();
  const bool program = on_path && on_path(first);
  if (is_assignment_word(first) && !program) {
    return fail(fmt::format(
        "{} is no program, and several words are run without a shell: put 'env' in front "
        "of it, or -c, which gives the words to the shell",
        show_text(first)));
  }
  if (has_word(kShellWords, first) && !program) {
    return fail(
        fmt::format("{} is a word of the shell and no program, and several words are run without "
                    "a shell: -c gives them to the shell",
                    show_text(first)));
  }
  return {};
}

bool is_word_of_shells(std::string_view word) { return has_word(kShellWords, word); }

}  // namespace spread
