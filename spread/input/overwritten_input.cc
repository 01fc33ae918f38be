#include "spread/input/overwritten_input.h"

#include "spread/io/files.h"

namespace spread {

std::vector<std::string> input_names(const InputOptions& input) {
  std::vector<std::string> names = input.files;
  bool words = false;
  for (const InputOptions::Group& group : input.groups) {
    words = words || !group.from_file;
    if (group.from_file) names.insert(names.end(), group.words.begin(), group.words.end());
  }
  if (names.empty() && !words) names.emplace_back("-");
  return names;
}

Status check_overwritten_input(
    const std::vector<std::string>& inputs,
    const std::vector<std::pair<std::string_view, std::string_view>>& written, Streams streams) {
  for (const std::string& input : inputs) {
    const std::string shown = input == "-" ? "standard input" : input;
    for (const auto& [option, file] : written) {
      const std::string name(file);
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
