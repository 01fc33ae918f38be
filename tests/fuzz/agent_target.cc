#include <string>

#include "spread/base/assert.h"
#include "spread/launch/hosts.h"
#include "spread/launch/job_agent.h"
#include "spread/launch/launch_plan.h"
#include "spread/launch/launcher.h"
#include "spread/workers/job_marks.h"
#include "support.h"
#include "targets.h"

namespace spread::fuzz {
namespace {

constexpr std::string_view kMark = "m";

std::string scan(std::string_view text, std::size_t piece) {
  MarkScanner scanner(job_agent_prefix(kMark));
  std::string log;
  std::size_t bytes = 0;
  const auto on_bytes = [&](ByteView found) {
    SPREAD_ASSERT(!found.empty());
    bytes += found.size();
    log += as_text(found);
  };
  const auto on_mark = [&](std::string_view found) {
    SPREAD_ASSERT(found.find('\n') == std::string_view::npos);
    bytes += job_agent_prefix(kMark).size() + found.size() + 1;
    log += "<" + std::string(found) + ">";
  };
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view front = rest.substr(0, piece);
    scanner.feed(as_bytes(front), on_bytes, on_mark);
    rest.remove_prefix(front.size());
  }
  scanner.finish(on_bytes);
  SPREAD_ASSERT(bytes == text.size());
  return log;
}

}  // namespace

// The size of pieces; how many files were asked for; what a login prints: the output of an agent,
// what it says of files, and of its CPUs; and the end of what a worker wrote to stderr.
void agent(ByteView bytes) {
  Input input(bytes);
  const std::size_t piece = input.byte() % 16 + std::size_t{1};
  const std::size_t files = input.byte() % 4;
  const std::string_view text = as_text(input.rest());
  check_same(scan(text, text.size() + 1), scan(text, piece));
  const auto found = parse_look(text, files);
  SPREAD_ASSERT(!found || found->size() == files);
  const auto cpus = parse_cpu_answer(text);
  SPREAD_ASSERT(!cpus || (*cpus >= 1 && *cpus <= kSlotsPerHostMax));
  LastWords words;
  for (std::string_view rest = text; !rest.empty();
       rest.remove_prefix(std::min(piece, rest.size())))
    words.add(rest.substr(0, piece));
  SPREAD_ASSERT(words.line().size() <= LastWords::kBytes);
  SPREAD_ASSERT(words.line().find('\n') == std::string::npos);
}

}  // namespace spread::fuzz
