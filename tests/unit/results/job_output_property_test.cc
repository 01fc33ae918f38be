// Random jobs, attempts, modes, disks and readers, driven as run/ would: every job's output leaves
// once, whole, in the order that the mode promises, and memory stays within its bound.
#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "job_output_support.h"
#include "memory_spill_file.h"
#include "spread/base/random.h"
#include "spread/results/job_output.h"
#include "tests/support/run_program.h"

namespace spread {
namespace {

using test::kErr;
using test::kOut;

struct Shape {
  JobOutputOptions options;
  std::uint64_t count;
  std::uint64_t slots;
  std::size_t read_max;  // bytes of one read
  std::uint64_t reads;   // of one attempt, at most
  std::uint64_t slow;    // one job in so many is slow
  std::uint64_t attempts;
  bool tags, notes;
  int disk;    // 0 none, 1 endless, 2 small, 3 fails at random
  int reader;  // 0 always ready, 1 slow
};

Shape random_shape(Random& random) {
  Shape shape{};
  shape.options.mode = static_cast<JobOutputMode>(random.below(3));
  shape.options.ordered = random.below(2) == 0;
  shape.attempts = 1 + random.below(3);
  shape.options.one_attempt = shape.attempts == 1;
  shape.options.memory_bytes = JobOutput::kMemoryMin << random.below(3);
  shape.count = 1 + random.below(300);
  shape.slots = 1 + random.below(12);
  shape.read_max = std::size_t{1} << random.below(15);
  shape.reads = 1 + random.below(20);
  shape.slow = 1 + random.below(50);
  shape.tags = random.below(2) == 0;
  shape.notes = random.below(2) == 0;
  shape.disk = static_cast<int>(random.below(4));
  shape.reader = static_cast<int>(random.below(2));
  return shape;
}

// Line by line and slowly, beside LinePrefixer.
std::string with_prefix(const std::string& text, const std::string& prefix) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool starts = i == 0 || text[i - 1] == '\n' || (text[i - 1] == '\r' && text[i] != '\n');
    if (starts) result += prefix;
    result += text[i];
  }
  return result;
}

// Holds what is written against the promises of the mode.
class CheckingSink final : public JobSink {
 public:
  CheckingSink(const Shape& shape) : shape_(shape) {}
  std::uint64_t room = UINT64_MAX;
  std::map<std::uint64_t, std::string> text[2];
  std::map<std::uint64_t, std::string> ended;

  bool full() const override { return room == 0; }
  void write(TaskId task, JobStream stream, Slice bytes) override {
    const std::uint64_t id = number(task);
    const auto at = static_cast<std::size_t>(stream);
    room -= std::min<std::uint64_t>(room, bytes.size());
    EXPECT_EQ(ended.count(id), 0u) << "printed after its end";
    turn_of(id);
    if (shape_.options.mode == JobOutputMode::Blocks && stream == kOut) {
      EXPECT_EQ(text[1][id], "") << "stdout after stderr";
    }
    const std::uint64_t before = last_[at];
    if (before != id && ended.count(before) == 0 && !text[at][before].empty()) {
      EXPECT_EQ(text[at][before].back(), '\n') << "a torn line of task " << before;
    }
    last_[at] = id;
    text[at][id] += as_text(bytes.view());
  }
  void end(TaskId task, ByteView note) override {
    turn_of(number(task));
    EXPECT_TRUE(ended.emplace(number(task), as_text(note)).second) << "ended twice";
  }

 private:
  void turn_of(std::uint64_t id) {
    const bool lines = shape_.options.mode == JobOutputMode::Lines;
    if (shape_.options.ordered) {
      EXPECT_GE(id, current_) << "out of order";
    } else if (!lines && any_ && id != current_) {
      EXPECT_EQ(ended.count(current_), 1u) << "in the block of task " << current_;
    }
    current_ = id;
    any_ = true;
  }

  const Shape& shape_;
  std::uint64_t current_ = 0;
  bool any_ = false;
  std::uint64_t last_[2] = {};
};

struct Running {
  std::uint64_t id;
  std::uint64_t attempt = 1;
  std::uint64_t reads_left;
  bool final;
  std::string printed[2];
};

class Trial {
 public:
  Trial(const Shape& shape, std::uint64_t seed)
      : shape_(shape),
        random_(seed),
        sink_(shape_),
        output_(shape.options, sink_, shape.disk == 0 ? nullptr : &file_) {
    if (shape.disk == 2) {
      file_.has_room = [this](std::size_t n) { return file_.size() + n <= 200000; };
    }
    if (shape.disk == 3) {
      file_.has_room = [this](std::size_t) { return random_.below(3) != 0; };
    }
  }

  void run() {
    for (std::uint64_t rounds = 0; !running_.empty() || started_ < shape_.count; ++rounds) {
      ASSERT_LT(rounds, 1000000u) << "it hangs";
      if (shape_.reader == 1) sink_.room = random_.below(4) == 0 ? random_.below(100000) : 0;
      start();
      for (std::size_t i = 0; i < running_.size(); ++i) step(i);
      std::erase_if(running_, [](const Running& job) { return job.attempt == 0; });
      pump();
      check_memory();
      if (testing::Test::HasFailure()) return;
    }
    sink_.room = UINT64_MAX;
    pump();
    check_all();
  }

 private:
  void start() {
    while (started_ < shape_.count && running_.size() < shape_.slots) {
      if (!running_.empty() && output_.full()) return;
      running_.push_back(Running{started_++, 1, random_.below(shape_.reads + 1), false, {}});
      announce(running_.back());
    }
  }

  void announce(Running& job) {
    job.final = job.attempt == shape_.attempts;
    if (job.final) output_.set_final(TaskId{job.id});
  }

  void step(std::size_t i) {
    Running& job = running_[i];
    if (job.id % shape_.slow == 0 && random_.below(20) != 0) return;
    if (job.reads_left == 0) return end(job);
    const JobStream stream = random_.below(3) == 0 ? kErr : kOut;
    if (!output_.may_read(TaskId{job.id}, stream)) {
      // As a job that has printed too much for all room there is: its further tries are given up.
      const std::optional<TaskId> stuck = output_.stuck();
      if (stuck == TaskId{job.id}) {
        if (job.final) return end(job);  // Blocks
        job.final = true;
        output_.set_final(*stuck);
        pump();
      }
      return;
    }
    --job.reads_left;
    const std::string text = random_text();
    job.printed[static_cast<std::size_t>(stream)] += text;
    output_.append(TaskId{job.id}, stream, Slice::copy_of(as_bytes(text)), prefix_of(job.id));
  }

  void end(Running& job) {
    const std::string tail = output_.last_lines(TaskId{job.id}, SIZE_MAX);
    std::string expected = job.printed[1];
    if (!expected.empty() && expected.back() == '\n') expected.pop_back();
    EXPECT_TRUE(expected.ends_with(tail));
    EXPECT_TRUE(expected.empty() || !tail.empty() || expected.find('\n') != std::string::npos);
    if (!job.final && random_.below(2) == 0) {
      EXPECT_TRUE(output_.discard(TaskId{job.id}));
      job = Running{job.id, job.attempt + 1, random_.below(shape_.reads + 1), false, {}};
      return announce(job);
    }
    const std::string note = shape_.notes ? "note " + std::to_string(job.id) : "";
    output_.finished(TaskId{job.id}, as_bytes(note));
    for (const std::size_t stream : {0u, 1u}) {
      expected_[stream][job.id] = with_prefix(job.printed[stream], prefix_of(job.id));
    }
    notes_[job.id] = note;
    job.attempt = 0;
  }

  std::string prefix_of(std::uint64_t id) const {
    return shape_.tags ? "job" + std::to_string(id) + "\t" : "";
  }

  std::string random_text() {
    std::string text(1 + random_.below(shape_.read_max), 'x');
    const std::uint64_t line = 1 + random_.below(2000);
    for (char& c : text) {
      c = static_cast<char>('a' + random_.below(26));
      if (random_.below(line) == 0) c = random_.below(8) == 0 ? '\r' : '\n';
    }
    return text;
  }

  void pump() {
    const Status status = output_.pump();
    EXPECT_TRUE(status.has_value()) << status.error().message;
  }

  // With an endless disk, what cannot be spilled: the bookkeeping of running jobs. Otherwise one
  // read of each running job, with its tags, and the doubling of one buffer.
  void check_memory() {
    const std::size_t bound = shape_.options.memory_bytes;
    const std::size_t read = (shape_.tags ? 9 : 1) * 2 * shape_.read_max;
    const std::size_t beyond = shape_.disk == 1 ? 0 : bound + shape_.slots * read;
    EXPECT_LE(output_.memory_in_use(), bound + beyond + shape_.slots * 8192);
  }

  void check_all() {
    EXPECT_TRUE(output_.empty());
    EXPECT_EQ(file_.size(), 0u);
    for (const auto& [id, note] : notes_) {
      bool printed = false;
      for (const std::size_t stream : {0u, 1u}) {
        EXPECT_TRUE(sink_.text[stream][id] == expected_[stream][id])
            << "task " << id << " stream " << stream;
        printed |= !expected_[stream][id].empty();
      }
      EXPECT_EQ(sink_.ended.count(id), printed || !note.empty() ? 1u : 0u) << "task " << id;
      if (printed) {
        EXPECT_EQ(sink_.ended[id], note);
      }
    }
    EXPECT_EQ(notes_.size(), shape_.count);
  }

  Shape shape_;
  Random random_;
  test::MemorySpillFile file_;
  CheckingSink sink_;
  JobOutput output_;
  std::vector<Running> running_;
  std::uint64_t started_ = 0;
  std::map<std::uint64_t, std::string> expected_[2];
  std::map<std::uint64_t, std::string> notes_;
};

TEST(JobOutputProperty, DeliversEveryJobOnceWholeAndInOrderWithinItsMemory) {
  const std::uint64_t seed = test::seed_from_environment(1);
  const char* rounds_text = std::getenv("SPREAD_ROUNDS");
  const int rounds = rounds_text == nullptr ? 200 : std::atoi(rounds_text);
  Random random(seed);
  for (int round = 0; round < rounds; ++round) {
    const Shape shape = random_shape(random);
    SCOPED_TRACE(testing::Message()
                 << "SPREAD_SEED=" << seed << " round " << round << ": mode "
                 << static_cast<int>(shape.options.mode) << " ordered " << shape.options.ordered
                 << " memory " << shape.options.memory_bytes << " count " << shape.count
                 << " slots " << shape.slots << " read_max " << shape.read_max << " reads "
                 << shape.reads << " slow " << shape.slow << " attempts " << shape.attempts
                 << " tags " << shape.tags << " notes " << shape.notes << " disk " << shape.disk
                 << " reader " << shape.reader);
    Trial(shape, random.next()).run();
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace spread
