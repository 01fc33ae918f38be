// spread/help: --help, the manual pages and the completions of shells, all made from the table of
// options, and the texts of the subcommands. Pure: text out. Start here, then help_text.cc.
#pragma once

#include <string>
#include <string_view>

#include "spread/options/subcommands.h"

namespace spread::cli {

/// `spread --help`, `spread SUBCOMMAND --help`, `spread --version`: whole texts with their final
/// newline, at most 80 columns wide.
std::string program_help();
std::string subcommand_help(const SubcommandText& subcommand);
std::string version_text();

/// `spread -h`, `spread SUBCOMMAND -h`: the same in at most 23 lines.
std::string brief_program_help();
std::string brief_help(const SubcommandText& subcommand);

// The parts that both are made of.
/// A term and its explanation from `column` on, beside each other where the term is short enough.
void add_entry(std::string& out, std::string_view term, std::string_view text, std::size_t column);
void add_synopsis(std::string& out, std::string_view synopsis);
/// `examples`: pairs of lines, as SubcommandText has them.
void add_examples(std::string& out, std::string_view examples);

/// `text` (words between blanks) in lines of at most `width` columns, all but the first indented by
/// `indent` blanks; a longer word gets a line of its own. No newline at the end. UTF-8 is not
/// considered: the text of --help is ASCII.
std::string wrap(std::string_view text, std::size_t indent, std::size_t width);

/// The help of an option as one sentence with its default: "...; default 64K".
std::string sentence(const OptionSpec& spec, const Options& defaults);
/// "-j, -P, --jobs N", or ":::: FILE...".
std::string heading(const OptionSpec& spec);

// The manual pages in the format of man(7), from the option table and the subcommands' texts, as
// --help is: they cannot lag behind the options.

/// spread(1): what the subcommands have in common, and where each is told.
std::string man_page();
/// spread-run(1) and so on: one subcommand in full.
std::string man_page(const SubcommandText& subcommand);

/// `spread --completion bash`: the whole text of a completion script, made from the option table.
/// It completes subcommands, options, their values where the shell can know any, and behind the
/// command's name what that command's own completion offers, else files.
std::string bash_completion();
/// The same for zsh: the file _spread of a folder in $fpath.
std::string zsh_completion();
/// The same for fish: completions/spread.fish.
std::string fish_completion();

}  // namespace spread::cli
