// CommandTemplate::create(): which mode, which word is a script, what is refused.

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "spread/base/quote.h"
#include "spread/command/command_scan.h"
#include "spread/command/known_programs.h"
#include "spread/templates/command_template.h"

namespace spread {
namespace {

constexpr std::string_view kAnsiShells = "bash zsh ksh mksh";
constexpr std::string_view kPlainShells = "dash ash";
constexpr std::string_view kExecChars =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_@%+=:,./-";

ScannedWord scanned(const TextTemplate& word) {
  ScannedWord result;
  for (const TextTemplate::Piece& piece : word.pieces()) {
    result.text += piece.text;
    if (piece.placeholder.is_number()) {
      result.text += '0';
    } else {
      result.holes.push_back(result.text.size());
    }
  }
  result.text += word.end();
  return result;
}

ScriptOptions::AnsiQuotes ansi_quotes(std::string_view shell) {
  const std::string_view name = program_name(shell);
  if (has_word(kAnsiShells, name)) return ScriptOptions::AnsiQuotes::Known;
  if (has_word(kPlainShells, name)) return ScriptOptions::AnsiQuotes::None;
  return ScriptOptions::AnsiQuotes::Unknown;
}

// Tried: ksh93u+m, mksh R59, zsh 5.9. A sh may be any of them; most are dash, bash or busybox.
constexpr std::string_view kCalculatingShells = "ksh mksh lksh oksh pdksh zsh";

}  // namespace

class TemplateBuilder {
 public:
  TemplateBuilder(std::vector<std::string> words, const TemplateOptions& options)
      : words_(std::move(words)), options_(options) {}

  Result<CommandTemplate> run() {
    for (const std::string& word : words_) {
      if (word.find('\0') != std::string::npos) return fail("the command has a NUL byte");
    }
    syntax_ = PlaceholderSyntax::numbers();
    if (options_.has_item) {
      auto syntax = PlaceholderSyntax::create(options_.replacement, options_.names);
      if (!syntax) return fail(syntax.error().message);
      syntax_ = std::move(*syntax);
    }
    braces_ = {options_.exec_always || options_.literal_braces, options_.has_item,
               options_.names_follow, options_.names};
    made_.rules_ = options_.shell;
    made_.repeat_context_ = options_.repeat_context;
    made_.argument_bytes_max_ = options_.argument_bytes_max;
    made_.arguments_bytes_max_ = options_.arguments_bytes_max;
    SPREAD_TRY(build());
    return std::move(made_);
  }

 private:
  Status build() {
    const bool only_item =
        options_.has_item && words_.size() == 1 && words_[0] == syntax_.replacement();
    if (words_.empty() || (only_item && !options_.exec_always)) return build_command_line();
    if (options_.shell_always || (!options_.exec_always && !is_program())) return build_script();
    return build_exec();
  }

  // Two words are a command; one word is a command if it needs no shell. So is one that no shell
  // knows either (a slip): then spread reports it once, instead of a shell for each job.
  bool is_program() const {
    if (words_.size() > 1) return true;
    const std::string& word = words_[0];
    if (word.find_first_not_of(kExecChars) != std::string::npos || !options_.shell.on_path) {
      return false;
    }
    if (options_.shell.on_path(word)) return true;
    return !is_word_of_shells(word) && word.find('=') == std::string::npos &&
           !is_exported_function(word, options_.shell);
  }

  Status build_command_line() {
    if (!options_.append && words_.empty()) {
      return fail("--stdin needs a command that reads the item");
    }
    SPREAD_TRY(check_shell(options_.shell));
    made_.mode_ = CommandTemplate::Mode::CommandLine;
    return {};
  }

  Status build_script() {
    SPREAD_TRY(check_shell(options_.shell));
    std::string text;
    for (const std::string& word : words_) text += (text.empty() ? "" : " ") + word;
    // What only bash reads otherwise makes it bash's.
    auto script = parse_whole(text, options_.shell.named.empty() ? "bash" : options_.shell.named);
    if (!script) return fail(script.error().message);
    made_.mode_ = CommandTemplate::Mode::Script;
    made_.shell_ = choose_shell(*script, options_.shell);
    made_.default_shell_ = made_.shell_.path == kPlainShell;
    made_.script_name_ = program_name(made_.shell_.path);
    add_plain({made_.shell_.path, "-c"});
    use_script(std::move(*script), /*own_parameters=*/false);
    return {};
  }

  /// A script that gets the item behind it if it says nothing of it.
  Result<Script> parse_whole(std::string text, std::string_view shell) const {
    const ScriptOptions options = script_options(shell);
    auto script = parse_script(text, options);
    if (!script || script->has_placeholder || script->mentions_values || !options_.append) {
      return script;
    }
    while (!text.empty() && std::string_view(" \t\r\n").find(text.back()) != std::string::npos) {
      text.pop_back();
    }
    script = parse_script(text, options);
    if (!script) return script;
    const char* const what = unappendable(script->end);
    if (what != nullptr) {
      return fail(
          fmt::format("the command {} has no {}, and nothing can be put behind {}: say "
                      "where the item goes",
                      show_text(text), syntax_.replacement(), what));
    }
    return parse_script(text + ' ' + syntax_.replacement(), options);
  }

  // The item must become an argument, and never a command of its own.
  static const char* unappendable(Script::End end) {
    switch (end) {
      case Script::End::Argument: return nullptr;
      case Script::End::Command: return "the end of a command";
      case Script::End::Comment: return "a comment";
      case Script::End::Compound: return "a compound command";
      case Script::End::Backslash: return "a backslash";
    }
    return nullptr;
  }

  void use_script(Script script, bool own_parameters) {
    const bool mentions = script.mentions_values;
    const bool capture = own_parameters || script.moves_parameters;
    made_.unknown_columns_ = std::move(script.unknown_columns);
    made_.script_.emplace(std::move(script), capture);
    made_.pass_values_ =
        !own_parameters && (options_.append || mentions || made_.script_->refers_to_parameters());
  }

  void add_plain(std::initializer_list<std::string_view> words) {
    for (const std::string_view word : words) made_.words_.push_back(TextTemplate::literal(word));
  }

  // f {} x, with f an exported function of bash.
  void put_bash_before() {
    const std::string bash = bash_path(options_.shell);
    made_.shell_ = {bash, "the function " + words_[0], words_[0]};
    words_[0] = shell_quote(words_[0]) + " \"$@\"";
    words_.insert(words_.begin(), {bash, "-c"});
    words_.insert(words_.begin() + 3, "bash");
  }

  Status build_exec() {
    if (!options_.exec_always) {
      if (is_exported_function(words_[0], options_.shell)) put_bash_before();
      SPREAD_TRY(check_words(words_, options_.shell.on_path));
    }
    std::vector<TextTemplate> words;
    bool placeholder = false;
    for (const std::string& word : words_) {
      words.push_back(TextTemplate::parse(word, syntax_));
      placeholder = placeholder || words.back().has_placeholder();
    }
    if (words_[0].empty()) return fail("the program's name is empty");
    CommandScan scan = scan_words(words);
    SPREAD_TRY(check_braces(scan.script));
    if (!placeholder && options_.append) {
      const bool last = scan.script && *scan.script + 1 == words.size();
      if (last) return build_shell_without_item(std::move(words), *scan.script);
      append_item_word(words);
      scan = scan_words(words);
    }
    return build_words(std::move(words), scan);
  }

  Status build_words(std::vector<TextTemplate> words, const CommandScan& scan) {
    for (const EvaluatedWord& evaluated : scan.evaluated) {
      if (!options_.allow_paste) return refuse(evaluated);
      if (evaluated.by_shell) words[evaluated.word].set_pasted_for_shell();
    }
    if (!scan.script || !words[*scan.script].has_placeholder()) {
      made_.words_ = std::move(words);
      return {};
    }
    if (words[*scan.script].is_whole_item()) return build_item_as_script(std::move(words));
    return build_shell(std::move(words), *scan.script);
  }

  // sh -c {}: each item is a script.
  Status build_item_as_script(std::vector<TextTemplate> words) {
    if (!options_.allow_paste) {
      return fail(
          fmt::format("{} as a whole script would run the item as code: to run command "
                      "lines, give no command at all (or --allow-paste)",
                      syntax_.replacement()));
    }
    made_.words_ = std::move(words);
    return {};
  }

  // sh -c 'SCRIPT', no placeholder anywhere.
  Status build_shell_without_item(std::vector<TextTemplate> words, std::size_t at) {
    const ScriptOptions options{syntax_, false, false, ansi_quotes(shell_name(at)), false, braces_};
    const auto looked = parse_script(words_[at], options);
    if (!looked) return fail(looked.error().message);
    if (looked->mentions_name && !looked->mentions_values) {
      append_item_word(words);  // what xargs users write: $0 is the item
      made_.words_ = std::move(words);
      return {};
    }
    return build_shell(std::move(words), at);
  }

  Status build_shell(std::vector<TextTemplate> words, std::size_t at) {
    const bool own = at + 1 < words.size();
    auto script = own ? parse_script(words_[at], script_options(shell_name(at)))
                      : parse_whole(words_[at], shell_name(at));
    if (!script) return fail(script.error().message);
    made_.script_name_ = program_name(shell_name(at));
    const auto middle = words.begin() + static_cast<std::ptrdiff_t>(at);
    made_.own_.assign(middle + 1, words.end());
    words.erase(middle, words.end());
    made_.words_ = std::move(words);
    use_script(std::move(*script), own);
    return {};
  }

  // The shell stands somewhere in front of its options.
  std::string_view shell_name(std::size_t at) const {
    while (at-- > 0) {
      if (is_posix_shell(program_name(words_[at]))) return words_[at];
    }
    return "sh";
  }

  ScriptOptions script_options(std::string_view shell) const {
    return {syntax_,
            options_.repeat_context,
            options_.allow_paste,
            ansi_quotes(shell),
            has_word(kCalculatingShells, program_name(shell)),
            braces_};
  }

  void append_item_word(std::vector<TextTemplate>& words) {
    words.push_back(TextTemplate::parse(syntax_.replacement(), syntax_));
    words_.push_back(syntax_.replacement());
  }

  // Those of a script are found with its placeholders; a program for another interpreter has braces
  // of its own.
  Status check_braces(std::optional<std::size_t> script) {
    std::vector<ScannedWord> words;
    std::vector<std::optional<ForeignBraces>> found(words_.size());
    std::vector<std::vector<std::string>> unknown(words_.size());
    for (std::size_t i = 0; i < words_.size(); ++i) {
      words.push_back({words_[i], {}});
      found[i] = find_foreign_braces(words_[i], syntax_, braces_, unknown[i]);
      if (found[i] || !unknown[i].empty()) words.back().holes.push_back(words_[i].size());
      if (i != script || !words.back().has_item()) continue;
      auto parsed = parse_script(words_[i], script_options(shell_name(i)));
      if (!parsed) return fail(parsed.error().message);
      found[i].reset();
      unknown[i] = std::move(parsed->unknown_columns);
    }
    for (const EvaluatedWord& evaluated : scan_command(words).evaluated) {
      if (evaluated.by_shell) continue;
      unknown[evaluated.word].clear();
      if (found[evaluated.word] && !found[evaluated.word]->certain) found[evaluated.word].reset();
    }
    for (std::size_t i = 0; i < words.size(); ++i) {
      if (found[i]) return refuse_braces(*found[i], "-q");
      std::move(unknown[i].begin(), unknown[i].end(), std::back_inserter(made_.unknown_columns_));
    }
    return {};
  }

  CommandScan scan_words(const std::vector<TextTemplate>& words) const {
    std::vector<ScannedWord> list;
    for (const TextTemplate& word : words) list.push_back(scanned(word));
    return scan_command(list);
  }

  Status refuse(const EvaluatedWord& evaluated) const {
    return fail(
        fmt::format("{} reads {} as code, and the item with it: {} (or paste it with "
                    "--allow-paste)",
                    evaluated.program, show_text(words_[evaluated.word]), evaluated.instead));
  }

  std::vector<std::string> words_;
  const TemplateOptions& options_;
  PlaceholderSyntax syntax_;
  BraceRules braces_;
  CommandTemplate made_;
};

Result<CommandTemplate> CommandTemplate::create(std::vector<std::string> words,
                                                const TemplateOptions& options) {
  return TemplateBuilder(std::move(words), options).run();
}

}  // namespace spread
