// The fixture workers of shards, of lists and of prep items that come again.
#include <spread/shards.hpp>
#include <spread/subtasks.hpp>

#include <cstdio>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

namespace {

/// A quarter of a second passes at each look.
struct Quarters {
  using time_point = std::chrono::steady_clock::time_point;
  static time_point now() {
    static time_point time{};
    return time += std::chrono::milliseconds(250);
  }
};
/// A sixteenth.
struct Sixteenths {
  using time_point = std::chrono::steady_clock::time_point;
  static time_point now() {
    static time_point time{};
    return time += std::chrono::microseconds(62'500);
  }
};
struct Counting {
  using time_point = std::chrono::steady_clock::time_point;
  inline static int looks = 0;
  static time_point now() { return time_point{} + std::chrono::microseconds(500) * ++looks; }
};

template <class Range>
std::int64_t sum(Range&& range) {
  std::int64_t all = 0;
  for (const std::int64_t i : range) all += i;
  return all;
}

template <class Clock>
spread::detail::Numbers<Clock> numbers() {
  return {spread::shard(), true};
}

std::string shown(const spread::piece& p) {
  std::string text;
  for (const std::int64_t n : {p.index, p.total, p.start, p.stop, p.max}) {
    text += std::to_string(n) + " ";
  }
  return text + std::to_string(p.parts.size());
}

std::int64_t go_through_twice() {
  auto range = numbers<Quarters>();
  return sum(range) + sum(range) + sum(numbers<Quarters>());
}

std::int64_t go_through_nested() {
  std::int64_t pairs = 0;
  auto outer = numbers<Quarters>();
  for (const std::int64_t i : outer) {
    auto inner = numbers<Quarters>();
    for (const std::int64_t j : inner) pairs += i <= j ? 1 : 1;
  }
  return pairs;
}

std::int64_t leave_early() {
  auto range = numbers<Quarters>();
  for (const std::int64_t i : range) {
    if (i == 13) return i;
  }
  return 0;
}

std::int64_t go_on_with_another_tasks() {
  using Range = spread::detail::Numbers<Quarters>;
  static std::unique_ptr<Range> range;
  static std::optional<Range::iterator> at;
  if (!range) {
    range = std::make_unique<Range>(spread::shard(), true);
    at = range->begin();
    return **at;
  }
  std::int64_t all = 0;
  for (; *at != range->end(); ++*at) all += **at;
  return all;
}

std::int64_t wait_inside() {
  std::int64_t all = 0;
  auto range = numbers<Quarters>();
  for (const std::int64_t i : range) {
    all += i;
    if (!spread::parent() && i == 0) spread::wait({5});
  }
  return all;
}

std::int64_t count_looks() {
  auto range = numbers<Counting>();
  sum(range);
  return Counting::looks;
}

int serve_range(std::int64_t (*call)()) {
  return spread::worker([call](spread::raw) { return call(); });
}

std::string parts_of(const spread::piece& p) {
  std::string text = shown(p);
  for (const auto& name : p.part<std::string>(0)) text += " " + name;
  for (const int n : p.part<int>(1)) text += " " + std::to_string(n);
  return text;
}

int test_without_worker() {
  std::printf("%lld\n", static_cast<long long>(sum(spread::range({0, 4, 5, 8, 8, {}}))));
  try {
    spread::shard();
  } catch (const std::logic_error& e) {
    std::printf("%s\n", e.what());
  }
  spread::register_handler([](const spread::piece& p) { return sum(spread::range()) + p.index; });
  using Pieces = std::vector<spread::piece>;
  const auto found = spread::map<int>(Pieces{{1, 2, 0, 4, 8, {}}, {2, 2, 4, 8, 8, {}}});
  std::printf("%d %d\n", found[0], found[1]);
  return 0;
}

std::string fail_or_hand_back(const std::string& what) {
  if (what == "fail") throw std::runtime_error("no");
  if (what == "busy") throw spread::busy(std::chrono::milliseconds(2500), "load");
  if (what == "fatal") throw spread::fatal("model", "none");
  return what;
}

std::string& trace() {
  static std::string text;
  return text;
}
std::string traced(const std::string& what) { return trace() += what; }
void add_traced_hooks() {
  spread::before_task([] { trace() += "<"; });
  spread::after_task([] { trace() += ">"; });
}

std::vector<std::string> traced_list(const std::vector<std::string>& all) {
  std::vector<std::string> results;
  for (const auto& what : all) results.push_back(traced(what));
  return results;
}

std::vector<std::string> hand_back_each(std::vector<std::string> all) {
  for (auto& what : all) what = fail_or_hand_back(what);
  return all;
}

/// So many results as the first payload says.
std::vector<int> give_results(const std::vector<std::size_t>& counts) {
  return std::vector<int>(counts[0]);
}

/// What says how many of it there are, and which one this is; it cannot be moved.
struct Model {
  inline static int alive = 0, made = 0;
  std::string items;
  explicit Model(const std::vector<std::string>& from) {
    ++alive, ++made;
    std::printf("made %d\n", made);
    for (const auto& item : from) items += item + " ";
    if (made == 4) throw std::runtime_error("no model");
  }
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;
  ~Model() { --alive; }
  std::string shown() const { return items + std::to_string(made) + " " + std::to_string(alive); }
};

std::string ask_model(Model& model, const std::string& what) {
  if (what == "wait") {
    const std::string before = model.shown();
    spread::wait({5});
    return before + "," + model.shown();
  }
  return model.shown();
}

int serve_model(bool capture) {
  return spread::worker(
      ask_model, spread::prep([](const std::vector<std::string>& items) { return Model(items); }),
      {.capture = capture});
}

}  // namespace

/// The workers whose names begin with "shards:"; 99 for one that there is not.
int serve_shards(const std::string& name) {
  using spread::on_slice;
  using spread::worker;
  if (name == "shard") return worker([](spread::raw) { return shown(spread::shard()); });
  if (name == "piece") return worker([](const spread::piece& p) { return shown(p); });
  if (name == "parts") return worker(parts_of);
  if (name == "sum") return worker([](spread::raw) { return sum(spread::range()); });
  if (name == "own") return worker([](const spread::piece& p) { return sum(spread::range(p)); });
  if (name == "another") {
    return worker([](const spread::piece& p) {
      return sum(spread::range({0, 1, p.start, p.stop - 1, p.max, {}}));
    });
  }
  if (name == "first two") {
    return worker([](spread::raw) {
      auto range = spread::range();
      auto i = range.begin();
      return std::pair(range.size(), *i + *++i);
    });
  }
  if (name == "quarters") return serve_range([] { return sum(numbers<Quarters>()); });
  if (name == "sixteenths") return serve_range([] { return sum(numbers<Sixteenths>()); });
  if (name == "looks") return serve_range(count_looks);
  if (name == "twice") return serve_range(go_through_twice);
  if (name == "nested") return serve_range(go_through_nested);
  if (name == "left") return serve_range(leave_early);
  if (name == "kept") return serve_range(go_on_with_another_tasks);
  if (name == "waits") return serve_range(wait_inside);
  if (name == "no worker") return test_without_worker();
  if (name == "each") return worker([](double x) { return x * x; });
  if (name == "each raw") return worker([](spread::raw x) { return x; });
  if (name == "each void") return worker([](spread::raw) {});
  if (name == "each fails") return worker(fail_or_hand_back);
  if (name == "each traced") return add_traced_hooks(), worker(traced);
  if (name == "each prints") {
    return worker([](const std::string& s) { std::puts(s.c_str()); }, {.capture = true});
  }
  if (name == "list") {
    return worker(on_slice([](std::vector<double> xs) {
      for (double& x : xs) x *= static_cast<double>(xs.size());
      return xs;
    }));
  }
  if (name == "list raw") return worker(on_slice([](std::vector<spread::raw> xs) { return xs; }));
  if (name == "list of bytes") {
    return worker(
        on_slice([](const std::vector<unsigned char>& xs) -> const std::vector<unsigned char>& {
          return xs;
        }));
  }
  if (name == "list of bools") {
    return worker(on_slice([](const std::vector<int>& xs) {
      std::vector<bool> odd;
      for (const int x : xs) odd.push_back(x % 2 != 0);
      return odd;
    }));
  }
  if (name == "list fails") return worker(on_slice(hand_back_each));
  if (name == "list traced") return add_traced_hooks(), worker(on_slice(traced_list));
  if (name == "list counts") return worker(on_slice(give_results));
  if (name == "list, prep") {
    return worker(on_slice([](int& offset, std::vector<int> xs) {
                    for (int& x : xs) x += offset;
                    return xs;
                  }),
                  spread::prep([](int a, int b) { return a * b; }));
  }
  if (name == "model") return serve_model(false);
  if (name == "captured model") return serve_model(true);
  if (name == "void prep") {
    static int calls = 0;
    return worker([](spread::raw) { return calls; }, spread::prep([](int by) { calls += by; }));
  }
  return 99;
}
