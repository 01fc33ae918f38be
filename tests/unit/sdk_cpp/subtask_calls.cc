// The fixture workers of sub-tasks: the payload says what is called.
#include <spread/subtasks.hpp>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <string>
#include <vector>

namespace {

std::string shown(const std::vector<spread::subtask>& ids) {
  std::string text;
  for (const spread::subtask id : ids) text += (text.empty() ? "" : " ") + std::to_string(id);
  return text;
}

std::string fetched(const std::vector<spread::subtask>& ids) {
  std::string text;
  for (const auto& each : spread::fetch<std::string>(ids)) {
    text += each.value ? *each.value + ";" : each.type + ": " + each.message + each.trace + ";";
  }
  return text;
}

std::string place() {
  const auto parent = spread::parent();
  const auto common = spread::common<std::string>();
  return (parent ? std::to_string(*parent) : "none") + " " + common.value_or("none");
}

std::string wait_for_one() { return shown(spread::wait({1})); }
std::string ask_for_one() { return shown(spread::ready({1})); }
std::string wait_for_both() { return shown(spread::wait({1, 2})); }
std::string wait_for_any() { return shown(spread::wait({2, 1}, 1)); }
std::string keep_slot() { return std::to_string(spread::subpool(1)); }

std::string in_turn(std::initializer_list<std::string (*)()> calls) {
  std::string text;
  for (const auto each : calls) text += (text.empty() ? "" : ",") + each();
  return text;
}

std::string print_around_a_wait(const std::string& name) {
  std::printf("%s1\n", name.c_str());
  spread::wait({1});
  std::printf("%s2\n", name.c_str());
  return name;
}

std::string call(const std::string& what) {
  using Strings = std::vector<std::string>;
  if (what == "submit") return shown(spread::submit(Strings{"a", "b"}));
  if (what == "submit common") return shown(spread::submit(std::vector{1.0, 2.5}, "c"));
  if (what == "ready") return shown(spread::ready({1, 2}));
  if (what == "place around a ready") return in_turn({place, ask_for_one, place});
  if (what == "wait") return in_turn({wait_for_both, wait_for_any});
  if (what == "fetch") return fetched({2, 1});
  if (what == "get") return spread::fetch<std::string>({1})[0].get();
  if (what == "wrong type") return std::to_string(spread::fetch<int>({1})[0].get());
  if (what == "map") return spread::map<std::string>(Strings{"x", "y"}, "c")[1];
  if (what == "subpool") return std::to_string(spread::subpool(3));
  if (what == "place") return place();
  if (what == "place around a wait") return in_turn({place, wait_for_one, place});
  if (what == "ask and wait") return in_turn({keep_slot, wait_for_one});
  if (what == "fail") throw spread::task_error("Own", "no");
  if (what[0] == 'p') return print_around_a_wait(what);
  return what;
}

int add_hooks(std::string& trace) {
  spread::before_task([&trace] { trace += "before " + place() + ";"; });
  spread::before_task([] {
    if (spread::meta().get().via.map.size == 1) throw spread::task_error("Picky", "not this one");
  });
  spread::after_task([&trace] { trace += "after " + place() + ";"; });
  spread::after_task([] { throw std::runtime_error("told"); });
  spread::at_exit([] { std::puts("second"); });
  spread::at_exit([] { std::puts("first"); });
  return 0;
}

}  // namespace

int serve_subtask_calls() {
  std::string trace;
  add_hooks(trace);
  const int status = spread::worker([&trace](const std::string& what) {
    return what == "trace" ? trace : what == "called" ? trace += "called;" : call(what);
  });
  std::puts("last");
  return status;
}

int serve_captured_subtask_calls() { return spread::worker(call, {.capture = true}); }

int serve_two_handlers() {
  return spread::worker(call, [](const std::string& what, std::optional<int> common) {
    return what == "wait" ? wait_for_one()
                          : what + " " + (common ? std::to_string(*common) : "none");
  });
}

int serve_two_handlers_with_prep() {
  return spread::worker([](int&, const std::string& what) { return "task " + what; },
                        [](int& calls, std::string_view what, int common) {
                          return std::string(what) + std::to_string(++calls * common);
                        },
                        spread::prep([] { return 0; }));
}

int call_two_handlers_without_master() {
  const auto task = [](const std::string& what) {
    return spread::map<std::string>(std::vector{what}, 5)[0];
  };
  spread::register_handler(task, [](const std::string& what, int common) {
    return what + " " + std::to_string(common);
  });
  std::printf("%s\n", task("a").c_str());
  std::printf("%s\n", fetched(spread::submit(std::vector{"b"})).c_str());
  spread::register_handler(
      task, [](std::string_view what) { std::printf("%s\n", std::string(what).c_str()); });
  spread::map<msgpack::type::nil_t>(std::vector{"c"});
  return 0;
}

int poll_subtasks_without_master() {
  spread::register_handler([](int n) { std::printf("run %d\n", n); });
  auto left = spread::submit(std::vector{5, 6, 7});
  const auto ids = left;
  while (!left.empty()) {
    const auto found = spread::ready(left);
    std::printf("%s\n", shown(found).c_str());
    for (const spread::subtask id : found) std::erase(left, id);
  }
  std::printf("%s,%s\n", shown(spread::ready(ids)).c_str(), shown(spread::ready({})).c_str());
  const auto more = spread::submit(std::vector{8, 9});
  spread::wait({more[1]});
  std::printf("%s\n", shown(spread::ready(more)).c_str());
  return 0;
}

int call_subtasks_without_master() {
  spread::register_handler([](std::string_view what) {
    if (what == "fail") throw spread::task_error("Own", "no");
    if (what == "deeper") {
      spread::submit(std::vector<int>());  // none, at every depth
      return spread::map<std::string>(std::vector{"deeper"})[0];
    }
    return std::string(what) + " " + place();
  });
  spread::before_task([] { std::puts("before"); });
  const auto ids = spread::submit(std::vector{"a", "fail", "b"}, "c");
  std::printf("%s\n", place().c_str());
  std::printf("%s\n", shown(spread::wait(ids, 1)).c_str());
  std::printf("%s\n", fetched(ids).c_str());
  try {
    spread::fetch<std::string>({ids[0]});
  } catch (const spread::refused& e) {
    std::printf("%s\n", e.type().c_str());
  }
  try {
    spread::map<std::string>(std::vector{"deeper"});
  } catch (const spread::subtask_error& e) {
    std::printf("%s %s %zu\n", e.type().c_str(), e.what(), spread::subpool(3));
  }
  return 0;
}
