#include "spread/templates/command_template.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "spread/base/quote.h"

namespace spread {
namespace {

std::string shell_line(const std::string& shell, std::string_view script) {
  const std::string words[] = {shell, "-c", std::string(script)};
  return shell_join(words);
}

/// Shells take a script that begins so for one of their options. A blank in front changes nothing.
bool looks_like_option(std::string_view script) {
  return script.starts_with('-') || script.starts_with('+');
}

}  // namespace

void append_item(std::string& out, std::string_view payload) {
  if (!payload.empty() && payload.back() == '\0') payload.remove_suffix(1);
  const std::size_t begin = out.size();
  out += payload;
  std::replace(out.begin() + static_cast<std::ptrdiff_t>(begin), out.end(), '\0', ' ');
}

std::optional<std::size_t> CommandTemplate::script_word() const {
  if (!script_ || std::any_of(words_.begin(), words_.end(), [](const TextTemplate& word) {
        return word.has_item() && word.is_whole_item();
      })) {
    return std::nullopt;
  }
  return words_.size();
}

void CommandTemplate::append_words(Arguments& out, std::span<const TextTemplate> words,
                                   Values values, const TaskContext& context) const {
  for (const TextTemplate& word : words) {
    const bool each = word.is_whole_item() || (repeat_context_ && word.has_all_values());
    if (!each) {
      word.append_to(out.bytes(), values, context);
      out.end_word();
      continue;
    }
    const ValueRange range = word.has_all_values()
                                 ? ValueRange{0, values.size()}
                                 : values_of(word.pieces()[0].placeholder, values.size());
    for (std::size_t i = range.begin; i < range.end; ++i) {
      word.append_to(out.bytes(), values, context, i);
      out.end_word();
    }
  }
}

void CommandTemplate::render_script(Arguments& out, Values values,
                                    const TaskContext& context) const {
  const std::size_t begin = out.bytes().size();
  script_->append_script(out.bytes(), values, context);
  if (looks_like_option(std::string_view(out.bytes()).substr(begin))) {
    out.bytes().insert(out.bytes().begin() + static_cast<std::ptrdiff_t>(begin), ' ');
  }
  out.end_word();
  if (own_.empty()) {
    out.add(script_name_);
    script_->append_captured(out, values);
    if (!pass_values_) return;
    for (const std::string_view value : values) out.add(value);
    return;
  }
  const std::span<const TextTemplate> own(own_);
  const std::size_t before = out.size();
  append_words(out, own.first(1), values, context);
  if (out.size() == before) out.add(script_name_);
  script_->append_captured(out, values);
  append_words(out, own.subspan(1), values, context);
}

ShellChoice CommandTemplate::shell(std::string_view payload) const {
  if (mode_ != Mode::CommandLine) return shell_;
  std::string line;
  append_item(line, payload);
  return choose_shell(line, rules_);
}

Status CommandTemplate::render(std::string_view payload, const TaskContext& context,
                               Arguments& out) const {
  out.clear();
  split_values(payload, out.scratch());
  const Values values(out.scratch());
  append_words(out, words_, values, context);
  if (mode_ == Mode::CommandLine) {
    out.add(shell(payload).path);
    out.add("-c");
    if (looks_like_option(payload)) out.bytes() += ' ';
    append_item(out.bytes(), payload);
    out.end_word();
  }
  if (script_) render_script(out, values, context);
  if (out.size() == 0) return fail("no command is left: its only word is a value that is missing");
  return check_limits(out);
}

Status CommandTemplate::check_limits(const Arguments& out) const {
  const std::size_t bytes = out.kernel_bytes();
  if (bytes > argument_bytes_max_) {
    for (std::size_t i = 0; i < out.size(); ++i) {
      if (out[i].size() < argument_bytes_max_) continue;
      return fail(fmt::format(
          "run {}: argument {} has {} bytes, and the kernel takes {} in one (MAX_ARG_STRLEN){}",
          show_text(out[0]), i, out[i].size(), argument_bytes_max_ - 1,
          mode_ == Mode::CommandLine ? "" : "; send the item on stdin instead (--stdin)"));
    }
  }
  if (arguments_bytes_max_ > 0 && bytes > arguments_bytes_max_) {
    return fail(fmt::format(
        "run {}: its {} arguments take {} bytes, and the kernel takes {} beside the environment "
        "(ARG_MAX); give fewer items to one command (-n, -s)",
        show_text(out[0]), out.size() - 1, bytes, arguments_bytes_max_));
  }
  return {};
}

// With words of the user behind the script, $0, $1, ... are these words in both.
bool CommandTemplate::is_readable() const {
  if (!script_) return false;
  const Script& script = script_->script();
  return !own_.empty() || !(script.mentions_values || script.mentions_name ||
                            script.mentions_count || script.moves_parameters);
}

std::string CommandTemplate::text(std::string_view payload, const TaskContext& context) const {
  std::vector<std::string_view> split;
  split_values(payload, split);
  const Values values(split);
  if (mode_ == Mode::CommandLine) {
    std::string line;
    append_item(line, payload);
    const ShellChoice choice = shell(payload);
    const bool any_shell = choice.why.empty() && rules_.named.empty();
    return any_shell || choice.path == kPlainShell ? line : shell_line(choice.path, line);
  }
  Arguments out;
  append_words(out, words_, values, context);
  if (!is_readable()) {
    if (script_) render_script(out, values, context);
    return shell_join(out.list());
  }
  std::string script;
  script_->append_readable(script, values, context);
  if (default_shell_ && own_.empty()) return script;
  out.add(script);
  append_words(out, own_, values, context);
  return shell_join(out.list());
}

}  // namespace spread
