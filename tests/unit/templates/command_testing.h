#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "spread/templates/command_template.h"
#include "tests/support/run_program.h"

namespace spread::test {

using Words = std::vector<std::string>;

/// The payload of a task with these values.
inline std::string payload_of(const Words& values) {
  std::string payload;
  for (const std::string& value : values) payload += value + '\0';
  return payload;
}

inline TemplateOptions command_options() {
  TemplateOptions options;
  options.shell.on_path = [](const std::string& name) {
    return name == "echo" || name == "gzip" || name == "/bin/true";
  };
  return options;
}

/// What is exec'd, or one word with the error.
inline Words render(const Words& words, const Words& values,
                    const TemplateOptions& options = command_options(),
                    TaskContext context = {7, 3}) {
  const auto command = CommandTemplate::create(words, options);
  if (!command) return {"error: " + command.error().message};
  Arguments out;
  if (const Status status = command->render(payload_of(values), context, out); !status) {
    return {"error: " + status.error().message};
  }
  return out.list();
}

/// The error of create(); empty if there is none.
inline std::string refusal(const Words& words, const TemplateOptions& options = command_options()) {
  const auto command = CommandTemplate::create(words, options);
  return command ? "" : command.error().message;
}

inline std::string text_of(const Words& words, const Words& values,
                           const TemplateOptions& options = command_options()) {
  const auto command = CommandTemplate::create(words, options);
  if (!command) return "error: " + command.error().message;
  return command->text(payload_of(values), {7, 3});
}

/// What the command prints when it is run; its errors behind it.
inline std::string output(const Words& words, const Words& values,
                          const TemplateOptions& options = command_options()) {
  const ProgramOutput result = run_program(render(words, values, options));
  return result.out + result.err;
}

}  // namespace spread::test
