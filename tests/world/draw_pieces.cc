#include <algorithm>

#include "special.h"
#include "wire.h"

namespace spread::world {
namespace {

using End = TaskPlan::End;

/// Piece `i` of `k`, without numbers of 128 bits.
std::uint64_t cut(std::uint64_t n, std::uint64_t k, std::uint64_t i, bool front) {
  const std::uint64_t each = n / k, rest = n % k;
  return i * each + (front ? std::min(i, rest) : i * rest / k);
}

class Pieces {
 public:
  Pieces(Draw& draw, Scenario& world) : draw_(draw), world_(world), plan_(world.pieces) {}

  void all(bool calm, std::optional<std::uint64_t> slots) {
    plan_.there = true;
    const bool frames = world_.has_ids();
    if (frames && draw_.one_in(3)) {
      shards(slots);
    } else if (frames && draw_.one_in(2)) {
      lists();
    }
    if (frames && draw_.one_in(3)) prep();
    if (frames && draw_.one_in(3)) {
      plan_.reprep = true;
      world_.window = 1;
      if (!calm && draw_.one_in(4)) plan_.reprep_fails_one_in = 4;
      word({"--reprep-after-failure"});
    }
    if (!world_.journal.there && draw_.one_in(2)) gather(frames);
    if (plan_.chunk > 0 || plan_.gather == "concat") odd_answers();
  }

 private:
  void word(std::initializer_list<std::string> words) {
    world_.words.insert(world_.words.begin() + 2, words.begin(), words.end());
  }

  void lists() {
    plan_.chunk = draw_.by_size(1, 40);
    word({"--chunk", std::to_string(plan_.chunk)});
    const unsigned one_in = draw_.of<unsigned>({8, 30, 1000});
    const End hang = world_.timeout > 0 ? End::Hang : End::Error;
    for (TaskPlan& task : world_.tasks) {
      if (draw_.one_in(one_in))
        task.in_company = draw_.of<End>({End::Odd, End::Odd, End::Error, End::Crash, hang});
    }
  }

  void prep() {
    for (std::uint64_t more = draw_.between(1, 3); more > 0; --more) {
      const std::uint64_t kind = draw_.between(1, 3);
      const std::string number = std::to_string(draw_.between(0, 70'000));
      // The last word is put in front of all others.
      const auto first = plan_.prep.begin();
      if (kind == 1) {
        word({"--prep", number});
        plan_.prep.insert(first, quoted(number));
      } else if (kind == 2) {
        word({"--prep-json", number});
        plan_.prep.insert(first, number);
      } else {
        const std::string name = "/world/common" + std::to_string(plan_.prep.size());
        world_.files[name] = "x\ny" + number + "\n";
        word({"--common", name});
        plan_.prep.insert(first, list({"\"x\"", quoted("y" + number)}));
      }
    }
  }

  void gather(bool frames) {
    // In place of it: an order is the point.
    std::erase(world_.words, "--unordered");
    const auto& words = world_.words;
    world_.ordered = true;
    world_.little_memory =
        world_.spill_fills || std::find(words.begin(), words.end(), "--reorder-mem") != words.end();
    plan_.gather = draw_.of<const char*>({"list", "map", "by-worker", frames ? "concat" : "list"});
    if (frames && draw_.one_in(4)) plan_.gather = "concat";
    plan_.msgpack = draw_.one_in(3);
    word({"--gather", plan_.gather});
    std::vector<std::string>& all = world_.words;
    if (const auto text = std::find(all.begin(), all.end(), "--out"); text != all.end())
      all.erase(text, text + 2);
    if (plan_.msgpack || draw_.one_in(2)) word({"--out", plan_.msgpack ? "msgpack" : "json"});
  }

  void odd_answers() {
    for (TaskPlan& task : world_.tasks) {
      if (!draw_.one_in(3)) continue;
      std::replace(task.attempts.begin(), task.attempts.end(), End::Error, End::Odd);
    }
  }

  // ---- shards

  void shards(std::optional<std::uint64_t> slots) {
    const std::uint64_t tasks = world_.tasks.size();
    const bool front = draw_.one_in(3), arrays = draw_.one_in(3);
    if (front) word({"--split", "front"});
    // Whatever stands there is not read.
    if (draw_.one_in(2)) world_.input.clear();
    const std::uint64_t most = arrays ? 1500 : INT64_MAX;
    std::uint64_t n = draw_.one_in(4)
                          ? draw_.between(0, tasks)
                          : std::min(draw_.by_size(std::max<std::uint64_t>(tasks, 1), most), most);
    if (tasks == 0) n = 0;
    std::uint64_t piece = 0, count = tasks;
    const std::uint64_t how = draw_.between(1, 3);
    if (how == 1 && tasks > 0) {
      piece = draw_.by_size(1, std::max<std::uint64_t>(1, most / tasks / 2));
      n = (tasks - 1) * piece + draw_.between(1, piece);
      word({"--chunk", std::to_string(piece)});
    } else if (how == 2 && slots) {
      plan_.by_slots = true;
      if (tasks < *slots) n = std::min(n, tasks);
      count = std::min(n, *slots);
    } else {
      const std::uint64_t pieces = std::max<std::uint64_t>(tasks, 1);
      word({"--shards", std::to_string(pieces)});
      count = std::min(n, pieces);
    }
    world_.tasks.resize(count);
    payloads(n, piece, front, arrays);
    // As it is where lines are read.
    word({"--out", "text"});
  }

  void payloads(std::uint64_t n, std::uint64_t piece, bool front, bool arrays) {
    std::vector<std::uint64_t> sizes;
    const bool range = !arrays || draw_.one_in(2);
    if (range) word({"--range", std::to_string(n)});
    if (arrays) {
      sizes.push_back(range ? draw_.between(0, 100) : n);
      if (draw_.one_in(2)) sizes.push_back(draw_.between(0, 100));
    }
    // Each is put in front of those before it.
    for (std::size_t a = sizes.size(); a > 0; --a) {
      const std::string name = "/world/array" + std::to_string(a - 1);
      world_.files[name] = array_file(a - 1, sizes[a - 1]);
      word({"--partition", name});
    }
    const std::uint64_t count = world_.tasks.size();
    for (std::uint64_t i = 0; i < count; ++i) {
      const auto begin = [&](std::uint64_t size, std::uint64_t k) {
        return piece > 0 && size == n ? std::min(k * piece, n) : cut(size, count, k, front);
      };
      std::string shard = R"({"index":)" + std::to_string(i) + R"(,"total":)" +
                          std::to_string(count) + R"(,"start":)" + std::to_string(begin(n, i)) +
                          R"(,"stop":)" + std::to_string(begin(n, i + 1)) + R"(,"max":)" +
                          std::to_string(n);
      std::vector<std::string> parts;
      for (std::size_t a = 0; a < sizes.size(); ++a) {
        std::vector<std::string> part;
        for (std::uint64_t k = begin(sizes[a], i); k < begin(sizes[a], i + 1); ++k)
          part.push_back(element(a, k));
        parts.push_back(list(part));
      }
      if (arrays) shard += R"(,"parts":)" + list(parts);
      plan_.payloads.push_back(shard + "}");
    }
  }

  static std::string element(std::size_t array, std::uint64_t k) {
    return quoted("a" + std::to_string(array) + "." + std::to_string(k));
  }

  std::string array_file(std::size_t array, std::uint64_t size) {
    std::vector<std::string> all;
    for (std::uint64_t k = 0; k < size; ++k) all.push_back(element(array, k));
    if (draw_.one_in(2)) return list(all) + "\n";
    std::string lines;
    for (const std::string& each : all) lines += bare(each) + "\n";
    return lines;
  }

  Draw& draw_;
  Scenario& world_;
  PiecesPlan& plan_;
};

}  // namespace

void pieces(Draw& draw, Scenario& world, bool calm, std::optional<std::uint64_t> slots) {
  Pieces(draw, world).all(calm, slots);
}

}  // namespace spread::world
