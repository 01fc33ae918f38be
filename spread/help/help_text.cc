#include "spread/help/help_text.h"

#include <fmt/format.h>

namespace spread::cli {
namespace {

constexpr std::size_t kWidth = 80;
/// Where the explanations begin.
constexpr std::size_t kColumn = 25;

/// Splits at `separator`; the last piece may be empty.
std::vector<std::string_view> split(std::string_view text, std::string_view separator) {
  std::vector<std::string_view> pieces;
  for (std::size_t end = 0; (end = text.find(separator)) != std::string_view::npos;) {
    pieces.push_back(text.substr(0, end));
    text.remove_prefix(end + separator.size());
  }
  pieces.push_back(text);
  return pieces;
}

void add_paragraphs(std::string& out, std::string_view text) {
  for (const std::string_view paragraph : split(text, "\n\n")) {
    out += fmt::format("\n{}\n", wrap(paragraph, 0, kWidth));
  }
}

void add_options(std::string& out, const SubcommandText& subcommand) {
  const Options defaults = defaults_of(subcommand_of(subcommand.bit));
  for (const Group group : groups()) {
    bool first = true;
    for (const OptionSpec& spec : option_table()) {
      if (spec.group != group || (spec.subcommands & subcommand.bit) == 0) continue;
      if (first) out += fmt::format("\n{}:\n", group_title(group, subcommand.bit));
      first = false;
      add_entry(out, heading(spec), sentence(spec, defaults), kColumn);
    }
  }
}

void add_exit_statuses(std::string& out, Subcommands subcommand) {
  out += "\nExit status:\n";
  for (const TermText& status : exit_statuses()) {
    if ((status.subcommands & subcommand) == 0) continue;
    add_entry(out, status.term, status.text, 10);
  }
}

}  // namespace

void add_entry(std::string& out, std::string_view term, std::string_view text, std::size_t column) {
  const std::string explanation = wrap(text, column, kWidth);
  std::string left = fmt::format("  {}", term);
  if (left.size() + 2 > column) {
    out += left + "\n";
    left.clear();
  }
  left.resize(column, ' ');
  out += left + explanation + "\n";
}

void add_synopsis(std::string& out, std::string_view synopsis) {
  std::string_view start = "Usage: ";
  for (const std::string_view line : split(synopsis, "\n")) {
    out += fmt::format("{}spread {}\n", start, line);
    start = "       ";
  }
}

void add_examples(std::string& out, std::string_view examples) {
  out += "\nExamples:\n";
  bool command = false;
  for (const std::string_view line : split(examples, "\n")) {
    if (line.empty()) continue;
    out += fmt::format("{}{}\n", command ? "    " : "  ", line);
    command = !command;
  }
}

std::string wrap(std::string_view text, std::size_t indent, std::size_t width) {
  std::string out;
  std::size_t column = indent;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (word.empty()) continue;
    if (column > indent && column + 1 + word.size() > width) {
      out += '\n';
      out.append(indent, ' ');
      column = indent;
    } else if (column > indent) {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
  }
  return out;
}

std::string heading(const OptionSpec& spec) {
  std::string out;
  for (const std::string_view name : spec.all_names()) {
    if (!out.empty()) out += ", ";
    out += name;
  }
  if (!out.empty() && !spec.is_flag()) out += ' ';
  out += spec.metavar;
  return out;
}

std::string sentence(const OptionSpec& spec, const Options& defaults) {
  std::string text(spec.help);
  if (spec.default_text == nullptr) return text;
  return fmt::format("{}; default {}", text, spec.default_text(defaults));
}

std::string program_help() {
  std::string out =
      "Usage: spread SUBCOMMAND [OPTION]...\n"
      "\n"
      "Spreads tasks over persistent worker processes, on this machine and on others,\n"
      "or runs a command for each of them.\n"
      "\n"
      "Subcommands:\n";
  const auto add_subcommands = [&](bool daily) {
    for (const SubcommandText& text : subcommands()) {
      if (((text.bit & kDaily) != 0) == daily) add_entry(out, text.name, text.summary, 14);
    }
  };
  add_subcommands(true);
  out += "\nMore subcommands:\n";
  add_subcommands(false);
  add_entry(out, "help", "print this text, or that of a subcommand: spread help run", 14);
  add_entry(out, "version", "print the version", 14);
  out += "\nOptions:\n";
  add_entry(out, "-h", "print less", 17);
  add_entry(out, "--help", "print this text", 17);
  add_entry(out, "-V, --version", "print the version", 17);
  add_exit_statuses(out, kMap);
  std::string examples;
  for (const SubcommandText& text : subcommands()) {
    if ((text.bit & kDaily) == 0) continue;
    // The first of each: two lines.
    const std::size_t first_line = text.examples.find('\n');
    examples += text.examples.substr(0, text.examples.find('\n', first_line + 1) + 1);
  }
  add_examples(out, examples);
  out += "\nEvery subcommand has a --help of its own; man spread has all of it.\n";
  return out;
}

std::string subcommand_help(const SubcommandText& subcommand) {
  std::string out;
  add_synopsis(out, subcommand.synopsis);
  add_paragraphs(out, subcommand.description);
  add_options(out, subcommand);
  if ((subcommand.bit & (kSends | kMap | kPipe | kAll | kXargs | kDirectory | kRelay)) != 0) {
    add_exit_statuses(out, subcommand.bit);
  }
  add_examples(out, subcommand.examples);
  return out;
}

std::string version_text() { return "spread " SPREAD_VERSION "\n"; }

}  // namespace spread::cli
