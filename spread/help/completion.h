#pragma once

#include <string>

namespace spread::cli {

/// `spread --completion bash`: the whole text of a completion script, made from the option table.
/// It completes subcommands, options, their values where the shell can know any, and behind the
/// command's name what that command's own completion offers, else files.
std::string bash_completion();
/// The same for zsh: the file _spread of a folder in $fpath.
std::string zsh_completion();
/// The same for fish: completions/spread.fish.
std::string fish_completion();

}  // namespace spread::cli
