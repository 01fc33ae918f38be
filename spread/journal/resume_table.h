#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "spread/journal/resume_plan.h"

namespace spread {

/// What --resume --dry-run says: how many tasks are kept and how many are run, group by group.
class ResumeTable {
 public:
  /// Tasks in their order, counted from 0.
  void add(Fate fate, std::uint64_t task);
  /// A line for each group that has a task, with the first of them counted from 1, and a sum.
  /// `resumes`: there was a run before.
  std::string text(bool resumes) const;

 private:
  struct Group {
    std::uint64_t tasks = 0, first = 0;
  };
  std::array<Group, kFates> groups_{};
};

}  // namespace spread
