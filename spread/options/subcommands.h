#pragma once

#include <span>
#include <string_view>

#include "spread/options/option_table.h"

namespace spread::cli {

/// The prose around the options of one subcommand; --help and the man page are made of it.
struct SubcommandText {
  std::string_view name;  ///< "run"
  Subcommands bit;
  std::string_view summary;      ///< one line, for the list in `spread --help`
  std::string_view synopsis;     ///< lines without the program's name, separated by newlines
  std::string_view description;  ///< paragraphs, separated by blank lines
  std::string_view examples;     ///< pairs of lines: what it does, then the command
};

/// In the order in which they are shown.
std::span<const SubcommandText> subcommands();
/// Those that `spread --help` shows first.
inline constexpr Subcommands kDaily = kRun | kMap | kPipe | kXargs | kAll;
/// Null if there is no such subcommand (yet).
const SubcommandText* find_subcommand(std::string_view name);

struct TermText {
  std::string_view term, text;
  Subcommands subcommands = kAny;  ///< those that it concerns
};
std::span<const TermText> exit_statuses();
std::span<const TermText> environment_variables();
std::span<const TermText> files();
std::string_view group_title(Group group, Subcommands subcommand);
/// All groups, in the order of --help.
std::span<const Group> groups();

}  // namespace spread::cli
