#include "spread/cli/man_page.h"

#include <sstream>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "spread/cli/help_text.h"
#include "spread/cli/option_table.h"
#include "spread/cli/subcommands.h"

namespace spread::cli {
namespace {

/// Text as roff takes it literally: ASCII quotes and hyphens stay what they are when copied out of
/// the page, and no line is taken for a request.
std::string escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '\\': out += "\\e"; break;
      case '-': out += "\\-"; break;
      case '\'': out += "\\(aq"; break;
      case '`': out += "\\(ga"; break;
      case '^': out += "\\(ha"; break;
      case '~': out += "\\(ti"; break;
      default: out += c;
    }
  }
  return out;
}

/// One line of running text.
std::string line(std::string_view text) {
  std::string escaped = escape(text);
  const bool request = !escaped.empty() && (escaped[0] == '.' || escaped[0] == '\'');
  return (request ? "\\&" : "") + escaped + "\n";
}

void add_paragraphs(std::string& out, std::string_view text) {
  std::string_view request;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find("\n\n"), text.size());
    out += request;
    out += line(text.substr(0, end));
    text.remove_prefix(std::min(end + 2, text.size()));
    request = ".PP\n";
  }
}

void add_term(std::string& out, std::string_view term, std::string_view text) {
  out += fmt::format(".TP\n\\fB{}\\fR\n{}", escape(term), line(text));
}

void add_examples(std::string& out, std::string_view examples) {
  bool command = false;
  while (!examples.empty()) {
    const std::size_t end = examples.find('\n');
    const std::string_view text = examples.substr(0, end);
    examples.remove_prefix(end + 1);
    out += command ? fmt::format(".PP\n.RS 4\n.EX\n{}.EE\n.RE\n", line(text))
                   : fmt::format(".PP\n{}", line(text));
    command = !command;
  }
}

void add_option(std::string& out, const OptionSpec& spec, const Options& defaults) {
  std::string names;
  for (const std::string_view name : spec.all_names()) {
    names += fmt::format("{}\\fB{}\\fR", names.empty() ? "" : ", ", escape(name));
  }
  // `::: ITEM...` has no name of its own: its metavar is all there is to see.
  const std::string value = escape(spec.metavar);
  const bool quoted = spec.metavar.substr(0, 1) == "'";
  if (names.empty()) {
    names = fmt::format("\\fB{}\\fR", value);
  } else if (!value.empty()) {
    names += quoted ? " " + value : fmt::format(" \\fI{}\\fR", value);
  }
  out += fmt::format(".TP\n{}\n{}", names, line(sentence(spec, defaults)));
}

/// `run` is told in full, the others' options only where they are not run's.
void add_own_options(std::string& out, const SubcommandText& subcommand) {
  const Options defaults = defaults_of(command_of(subcommand.bit));
  const bool full = subcommand.bit == kRun;
  out += fmt::format(".SS Options of {}\n", subcommand.name);
  std::string shared;
  std::string own;
  for (const Group group : groups()) {
    std::string title;
    if (full) title = fmt::format(".PP\n{}:\n", escape(group_title(group, subcommand.bit)));
    for (const OptionSpec& spec : option_table()) {
      if (spec.group != group || (spec.subcommands & subcommand.bit) == 0) continue;
      const bool told =
          !full && (spec.subcommands & kRun) != 0 &&
          (spec.default_text == nullptr ||
           spec.default_text(defaults) == spec.default_text(defaults_of(Command::Run)));
      if (told) {
        shared +=
            fmt::format("{}\\fB{}\\fR", shared.empty() ? "" : ", ", escape(spec.primary_name()));
      } else {
        own += std::exchange(title, "");
        add_option(own, spec, defaults);
      }
    }
  }
  if (!shared.empty()) out += fmt::format("As for run: {}.\n", shared);
  out += own;
}

void add_synopsis(std::string& out) {
  out += ".SH SYNOPSIS\n.nf\n";
  for (const SubcommandText& text : subcommands()) {
    // Each line of the synopsis: the subcommand's name, then what follows it.
    std::istringstream lines{std::string(text.synopsis)};
    for (std::string name, rest; lines >> name && std::getline(lines, rest);) {
      out += fmt::format("\\fBspread {}\\fR{}\n", escape(name), escape(rest));
    }
  }
  out += ".fi\n";
}

void add_terms(std::string& out, std::string_view title, std::span<const TermText> terms) {
  out += fmt::format(".SH {}\n", title);
  for (const TermText& term : terms) add_term(out, term.term, term.text);
}

}  // namespace

std::string man_page() {
  std::string out =
      fmt::format(".TH SPREAD 1 \"\" \"spread {}\" \"User Commands\"\n", escape(SPREAD_VERSION));
  // No hyphenation and no justification: the page is full of words that must be copied exactly.
  out += ".nh\n.ad l\n";
  out +=
      ".SH NAME\nspread \\- spread tasks over persistent worker processes, here and on other "
      "hosts\n";
  add_synopsis(out);
  out += ".SH DESCRIPTION\n";
  for (const SubcommandText& text : subcommands()) {
    out += fmt::format(".SS spread {}\n", text.name);
    add_paragraphs(out, text.description);
  }
  out += ".SH OPTIONS\n";
  for (const SubcommandText& text : subcommands()) add_own_options(out, text);
  add_terms(out, "EXIT STATUS", exit_statuses());
  add_terms(out, "ENVIRONMENT", environment_variables());
  add_terms(out, "FILES", files());
  out += ".SH EXAMPLES\n";
  for (const SubcommandText& text : subcommands()) add_examples(out, text.examples);
  out += ".SH SEE ALSO\n\\fBparallel\\fR(1), \\fBxargs\\fR(1), \\fBssh\\fR(1)\n";
  return out;
}

}  // namespace spread::cli
