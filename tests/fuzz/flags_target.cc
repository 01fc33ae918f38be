#include <string>
#include <utility>
#include <vector>

#include "spread/base/assert.h"
#include "spread/cli/flags.h"
#include "spread/cli/take_apart.h"
#include "support.h"
#include "targets.h"

namespace spread::fuzz {

// The words of a command line, with a NUL byte behind each.
void flags(ByteView bytes) {
  constexpr std::size_t kWordsMax = 30;
  Input input(bytes);
  std::vector<std::string> words = {"spread"};
  while (!input.empty() && words.size() < kWordsMax) words.emplace_back(input.text());
  std::vector<const char*> argv;
  for (const std::string& word : words) argv.push_back(word.c_str());
  argv.push_back(nullptr);
  auto parsed = cli::parse_command_line(static_cast<int>(words.size()), argv.data());
  if (!parsed) {
    // One line that says what is wrong.
    SPREAD_ASSERT(!parsed.error().message.empty());
    return;
  }
  if (parsed->status != 0) SPREAD_ASSERT(!parsed->text.empty());
  if (parsed->text.empty()) static_cast<void>(cli::take_apart(std::move(parsed->options)));
}

}  // namespace spread::fuzz
