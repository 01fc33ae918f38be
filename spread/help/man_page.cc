#include "spread/help/help_text.h"

#include <sstream>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "spread/base/characters.h"
#include "spread/options/option_table.h"
#include "spread/options/subcommands.h"

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

void add_man_paragraphs(std::string& out, std::string_view text) {
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

void add_man_examples(std::string& out, std::string_view examples) {
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

void add_man_options(std::string& out, const SubcommandText& subcommand) {
  const Options defaults = defaults_of(subcommand_of(subcommand.bit));
  out += ".SH OPTIONS\n";
  for (const Group group : groups()) {
    bool first = true;
    for (const OptionSpec& spec : option_table()) {
      if (spec.group != group || (spec.subcommands & subcommand.bit) == 0) continue;
      if (first) out += fmt::format(".SS {}\n", escape(group_title(group, subcommand.bit)));
      first = false;
      add_option(out, spec, defaults);
    }
  }
}

void add_man_synopsis(std::string& out, const SubcommandText& subcommand) {
  // Each line of the synopsis: the subcommand's name, then what follows it.
  std::istringstream lines{std::string(subcommand.synopsis)};
  for (std::string name, rest; lines >> name && std::getline(lines, rest);) {
    out += fmt::format("\\fBspread {}\\fR{}\n", escape(name), escape(rest));
  }
}

void add_terms(std::string& out, std::string_view title, std::span<const TermText> terms,
               Subcommands subcommands) {
  bool first = true;
  for (const TermText& term : terms) {
    if ((term.subcommands & subcommands) == 0) continue;
    if (first) out += fmt::format(".SH {}\n", title);
    first = false;
    add_term(out, term.term, term.text);
  }
}

/// `name`: "spread-map". No hyphenation and no justification: the page is full of words that must
/// be copied exactly.
std::string start_page(std::string_view name, std::string_view summary) {
  std::string title;
  for (const char c : name) title += to_upper(c);
  return fmt::format(
      ".TH {} 1 \"{}\" \"spread {}\" \"User Commands\"\n.nh\n.ad l\n.SH NAME\n{} \\- {}\n",
      escape(title), escape(SPREAD_DATE), escape(SPREAD_VERSION), escape(name), escape(summary));
}

std::string page_name(const SubcommandText& subcommand) {
  return fmt::format("spread-{}", subcommand.name);
}

/// `but`: the page itself, which does not point to itself.
void add_see_also(std::string& out, Subcommands but) {
  out += ".SH SEE ALSO\n";
  if (but != 0) out += "\\fBspread\\fR(1),\n";
  for (const SubcommandText& text : subcommands()) {
    if (text.bit != but) out += fmt::format("\\fB{}\\fR(1),\n", escape(page_name(text)));
  }
  out += "\\fBparallel\\fR(1),\n\\fBxargs\\fR(1),\n\\fBssh\\fR(1)\n";
}

}  // namespace

std::string man_page() {
  std::string out = start_page("spread",
                               "spread tasks over persistent worker processes, here and on other "
                               "hosts, or run a command for each of them");
  out += ".SH SYNOPSIS\n.nf\n";
  for (const SubcommandText& text : subcommands()) add_man_synopsis(out, text);
  out += ".fi\n.SH DESCRIPTION\nEach subcommand has a page of its own:\n";
  for (const SubcommandText& text : subcommands()) {
    out += fmt::format(".TP\n\\fB{}\\fR(1)\n{}", escape(page_name(text)), line(text.summary));
  }
  out += ".SH OPTIONS\n";
  add_term(out, "-h, --help",
           "print a text; spread SUBCOMMAND -h has the options used most, --help every one");
  add_term(out, "-V, --version", "print the version");
  add_terms(out, "EXIT STATUS", exit_statuses(), kAny);
  add_terms(out, "ENVIRONMENT", environment_variables(), kAny);
  add_terms(out, "FILES", files(), kAny);
  out += ".SH EXAMPLES\n";
  for (const SubcommandText& text : subcommands()) {
    // The first of each, as in --help.
    const std::size_t first_line = text.examples.find('\n');
    add_man_examples(out, text.examples.substr(0, text.examples.find('\n', first_line + 1) + 1));
  }
  add_see_also(out, 0);
  return out;
}

std::string man_page(const SubcommandText& subcommand) {
  std::string out = start_page(page_name(subcommand), subcommand.summary);
  out += ".SH SYNOPSIS\n.nf\n";
  add_man_synopsis(out, subcommand);
  out += ".fi\n.SH DESCRIPTION\n";
  add_man_paragraphs(out, subcommand.description);
  add_man_options(out, subcommand);
  if ((subcommand.bit & (kSends | kMap | kPipe | kAll | kXargs | kDirectory)) != 0) {
    add_terms(out, "EXIT STATUS", exit_statuses(), subcommand.bit);
  }
  add_terms(out, "ENVIRONMENT", environment_variables(), subcommand.bit);
  add_terms(out, "FILES", files(), subcommand.bit);
  out += ".SH EXAMPLES\n";
  add_man_examples(out, subcommand.examples);
  add_see_also(out, subcommand.bit);
  return out;
}

}  // namespace spread::cli
