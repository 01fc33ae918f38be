#include "spread/report/slot_output.h"

#include <fmt/format.h>

namespace spread {

void append_slot_block(ByteBuffer& out, std::string_view kind, TaskId task, std::string_view text) {
  if (text.empty()) return;
  out.append(fmt::format("#slot {}{} ------\n", kind, number(task)));
  out.append(text);
  if (text.back() != '\n') out.push_back('\n');
}

}  // namespace spread
