#include <cstdio>
#include <exception>

#include "spread/cli/flags.h"
#include "spread/run/run.h"

namespace {

constexpr int kOwnError = 255;

int print(const std::string& text) {
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  if (written && std::fflush(stdout) == 0) return 0;
  std::perror("spread: write to standard output");
  return kOwnError;
}

int run_command_line(int argc, char** argv) {
  const auto parsed = spread::cli::parse_command_line(argc, argv);
  if (!parsed) {
    std::fprintf(stderr, "spread: %s\n", parsed.error().message.c_str());
    return kOwnError;
  }
  return parsed->text.empty() ? spread::run(parsed->options) : print(parsed->text);
}

}  // namespace

int main(int argc, char** argv) {
  // Nothing of ours throws. What arrives here is a library's, or memory that has run out.
  try {
    return run_command_line(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "spread: internal error: %s\n", error.what());
  } catch (...) {
    std::fprintf(stderr, "spread: internal error\n");
  }
  return kOwnError;
}
