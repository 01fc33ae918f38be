#include <string>
#include <vector>

#include "spread/base/assert.h"
#include "spread/templates/command_template.h"
#include "targets.h"

namespace spread::fuzz {
namespace {

constexpr std::string_view kPlain("a\0b\0", 4);
constexpr std::string_view kNasty("';$(id)`id`\"\n\0/*/.x y\0", 22);

TemplateOptions options_of(Byte bits) {
  TemplateOptions options;
  options.shell_always = (bits & 1) != 0;
  options.exec_always = (bits & 2) != 0;
  options.repeat_context = (bits & 4) != 0;
  options.append = (bits & 8) == 0;
  options.shell.named = (bits & 16) != 0 ? "/bin/bash" : "";
  if ((bits & 32) != 0) options.replacement = "@";
  if ((bits & 64) != 0) options.names = {"name", "1"};
  options.shell.on_path = [](const std::string& name) { return name.size() % 2 == 0; };
  return options;
}

}  // namespace

// The first byte is the options, the rest are words with a NUL byte between.
void command(ByteView input) {
  if (input.empty()) return;
  std::vector<std::string> words(1);
  for (const char c : as_text(input.subspan(1))) {
    if (c == '\0') {
      words.emplace_back();
    } else {
      words.back() += c;
    }
  }
  const auto made = CommandTemplate::create(words, options_of(input.front()));
  if (!made) {
    SPREAD_ASSERT(!made.error().message.empty());
    return;
  }
  Arguments plain, nasty;
  const Status first = made->render(kPlain, {1, 1}, plain);
  const Status second = made->render(kNasty, {1, 1}, nasty);
  SPREAD_ASSERT(first.has_value() == second.has_value());
  if (!first) return;
  SPREAD_ASSERT(plain.size() == nasty.size());
  SPREAD_ASSERT(plain.argv()[plain.size()] == nullptr);
  // What a shell reads as code does not depend on the items.
  if (const auto script = made->script_word()) {
    SPREAD_ASSERT(plain[*script] == nasty[*script]);
  }
  SPREAD_ASSERT(made->mode() != CommandTemplate::Mode::Script || made->script_word());
  static_cast<void>(made->text(kNasty, {1, 1}));
}

}  // namespace spread::fuzz
