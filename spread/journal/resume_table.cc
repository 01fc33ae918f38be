#include "spread/journal/resume_table.h"

#include <fmt/format.h>

namespace spread {

void ResumeTable::add(Fate fate, std::uint64_t task) {
  Group& group = groups_[static_cast<std::size_t>(fate)];
  if (group.tasks++ == 0) group.first = task;
}

std::string ResumeTable::text(bool resumes) const {
  std::string text = "     tasks      first  what becomes of them\n";
  std::uint64_t kept = 0, run = 0;
  for (std::size_t i = 0; i < kFates; ++i) {
    const Group& group = groups_[i];
    if (group.tasks == 0) continue;
    const auto fate = static_cast<Fate>(i);
    (is_kept(fate) ? kept : run) += group.tasks;
    const std::string_view why = resumes ? text_of(fate) : "run: there was no run before";
    text += fmt::format("{:>10} {:>10}  {}\n", group.tasks, group.first + 1, why);
  }
  return text + fmt::format("{} kept, {} to run\n", kept, run);
}

}  // namespace spread
