#include "spread/input/overwritten_input.h"

#include <string>
#include <utility>
#include <vector>

#include "spread/io/files.h"

namespace spread {
namespace {

std::vector<std::string> inputs_of(const Options& options) {
  if (options.map.retry_failed) return {options.report.joblog};
  std::vector<std::string> names = options.input.files;
  bool words = false;
  for (const InputOptions::Group& group : options.input.groups) {
    words = words || !group.from_file;
    if (group.from_file) names.insert(names.end(), group.words.begin(), group.words.end());
  }
  if (names.empty() && !words) names.emplace_back("-");
  return names;
}

}  // namespace

Status check_overwritten_input(const Options& options) {
  if (options.command == Command::All) return {};
  const Streams& streams = options.streams;
  const std::pair<std::string_view, const std::string&> files[] = {
      {"--joblog", options.report.joblog},
      {"--events", options.report.events},
      {"--results", options.map.results_table},
  };
  for (const std::string& input : inputs_of(options)) {
    const std::string shown = input == "-" ? "standard input" : input;
    for (const auto& [option, name] : files) {
      if (options.map.retry_failed && &name == &options.report.joblog) continue;  // appended to
      if (name.empty() ||
          !(input == "-" ? is_file(streams.input, name) : are_one_file(name, input))) {
        continue;
      }
      return fail(std::string(option) + " " + name + " would overwrite the input, " + shown +
                  ": they are one file");
    }
    const auto is_input = [&](int fd) {
      return input == "-" ? are_one_file(fd, streams.input) : is_file(fd, input);
    };
    if (is_input(streams.output) || is_input(streams.errors)) {
      return fail("the output goes to the file that is the input, " + shown);
    }
  }
  return {};
}

}  // namespace spread
