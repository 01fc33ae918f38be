#include "spread/sys/condition.h"

namespace spread::sys {

void Condition::wait(std::unique_lock<std::mutex>& lock) { condition_.wait(lock); }
void Condition::notify_one() { condition_.notify_one(); }
void Condition::notify_all() { condition_.notify_all(); }

}  // namespace spread::sys
