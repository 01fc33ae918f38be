#include "spread/report/start_failures.h"

#include <utility>

#include <fmt/format.h>

#include "spread/base/characters.h"

namespace spread {
namespace {

constexpr std::size_t kSaidMax = 16 * 1024;

std::string without_digits(std::string_view text) {
  std::string rest;
  for (const char c : text) {
    if (!is_digit(c)) rest += c;
  }
  return rest;
}

void trim_end(std::string& text) { text.erase(text.find_last_not_of(" \t\r\n") + 1); }

/// Its end is what matters, and is kept.
std::string cut_front(std::string text) {
  trim_end(text);
  text.erase(0, text.find_first_not_of("\r\n"));
  if (text.size() <= kSaidMax) return text;
  text.erase(0, text.size() - kSaidMax);
  const std::size_t line = text.find('\n');
  if (line != std::string::npos) text.erase(0, line + 1);
  return "...\n" + text;
}

std::string key_of(const FailedStart& start) {
  return start.subject + '\n' + start.how + '\n' + without_digits(start.said);
}

std::string text_of_start(const FailedStart& start, std::uint32_t tries, const std::string& more) {
  const bool one_line = start.said.find('\n') == std::string::npos;
  // ssh says in a line what the matter is; its exit status says nothing more.
  const bool said_is_how = start.host && one_line && !start.said.empty();
  std::string text =
      fmt::format("{} {} ({}{}{})", start.subject, start.what, said_is_how ? start.said : start.how,
                  start.hint.empty() ? "" : "; ", start.hint);
  if (tries > 1 && !start.host) text += fmt::format(", tried {} times", tries);
  text += more;
  if (start.said.empty() || said_is_how) return text;
  // What it says itself may be just that.
  if (one_line && start.how.find(start.said) != std::string::npos) return text;
  return text + (one_line ? ": " : ":\n") + start.said;
}

}  // namespace

void StartFailures::failed(WorkerId slot, FailedStart start) {
  start.said = cut_front(std::move(start.said));
  Slot& at = slots_[slot];
  ++at.tries;
  at.key = key_of(start);
  if (entries_.size() < kKept) entries_.try_emplace(at.key, Entry{std::move(start)});
}

std::string StartFailures::tell(const Slot& slot, const std::string& more) {
  const auto entry = entries_.find(slot.key);
  if (entry == entries_.end() || std::exchange(entry->second.told, true)) return {};
  return text_of_start(entry->second.start, slot.tries, more);
}

std::string StartFailures::closed(WorkerId slot, bool others) {
  const auto found = slots_.find(slot);
  if (found == slots_.end()) return {};
  const auto entry = entries_.find(found->second.key);
  const bool host = entry != entries_.end() && entry->second.start.host;
  return tell(found->second, host && others ? "; going on without it" : "");
}

std::string StartFailures::answered(WorkerId slot) {
  const auto found = slots_.find(slot);
  if (found == slots_.end()) return {};
  std::string text = tell(found->second, "; the next one works");
  slots_.erase(found);
  return text;
}

std::vector<std::string> StartFailures::take_rest() {
  std::vector<std::string> texts;
  for (const auto& [worker, slot] : slots_) {
    if (std::string text = tell(slot, ""); !text.empty()) texts.push_back(std::move(text));
  }
  return texts;
}

}  // namespace spread
