#include "spread/journal/job_answer.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "journal_support.h"
#include "spread/journal/worker_hosts.h"
#include "spread/wire/value_writer.h"

namespace spread {
namespace {

using Printed = std::vector<std::pair<int, std::string>>;

struct Job {
  Log log;
  JobPieces pieces;
  ByteBuffer value;

  /// What was printed so far goes into a record of its own.
  void put_output() {
    ByteBuffer record;
    append_output_head(TaskId{7}, pieces.last, record);
    record.append(pieces.bytes.view());
    pieces.last = log.append(as_text(record.view()));
    pieces.bytes.clear();
    pieces.count = 0;
  }
  Result<JobWords> read(Printed& printed) {
    JournalAnswer answer;
    answer.value = value.view();
    AnswerReader reader(log.file);
    return read_job(answer, reader, [&](std::uint8_t stream, ByteView bytes) {
      printed.emplace_back(stream, as_text(bytes));
    });
  }
};

TEST(JobAnswer, SaysHowAJobEndedAndAllThatItPrintedInItsOrder) {
  Job job;
  job.pieces.add(0, as_bytes("one"));
  job.put_output();
  job.pieces.add(1, as_bytes("two"));
  job.put_output();
  job.pieces.add(0, as_bytes("three"));
  append_job_answer({-1, 9, "killed", "sleep 9", "last", "tag\t", "note"}, job.pieces, job.value);
  Printed printed;
  const auto words = job.read(printed);
  ASSERT_TRUE(words);
  EXPECT_EQ(words->exit_status, -1);
  EXPECT_EQ(words->signal, 9);
  EXPECT_EQ(words->how, "killed");
  EXPECT_EQ(words->command, "sleep 9");
  EXPECT_EQ(words->last_lines, "last");
  EXPECT_EQ(words->tag, "tag\t");
  EXPECT_EQ(words->note, "note");
  EXPECT_EQ(printed, (Printed{{0, "one"}, {1, "two"}, {0, "three"}}));
}

TEST(JobAnswer, RefusesOneThatIsCutOffAnywhere) {
  Job job;
  job.pieces.add(0, as_bytes("out"));
  append_job_answer({0, 0, "exit status 0", "", "", "", ""}, job.pieces, job.value);
  const std::string whole(as_text(job.value.view()));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    // What is printed begins behind the words: none of it is an answer without output.
    if (size == whole.size() - 6) continue;
    job.value.clear();
    job.value.append(std::string_view(whole).substr(0, size));
    Printed printed;
    EXPECT_FALSE(job.read(printed)) << size;
  }
}

TEST(JobAnswer, RefusesOutputThatIsNotBeforeIt) {
  Job job;
  ByteBuffer record;
  // It names itself: a reader that follows it would never end.
  append_output_head(TaskId{0}, job.log.file.bytes.size(), record);
  job.pieces.last = job.log.append(as_text(record.view()));
  append_job_answer({}, job.pieces, job.value);
  Printed printed;
  EXPECT_FALSE(job.read(printed));
}

TEST(JobAnswer, RefusesARecordThatIsNoOutput) {
  Job job;
  job.pieces.last = job.log.append("L text");
  append_job_answer({}, job.pieces, job.value);
  Printed printed;
  EXPECT_FALSE(job.read(printed));
}

ByteBuffer started(std::uint64_t worker, std::string_view host) {
  ByteBuffer record;
  record.push_back('W');
  wire::ValueWriter map(record);
  map.map(3);
  map.text("event"), map.text("started");
  map.text("worker"), map.number(worker);
  map.text("host"), map.text(host);
  return record;
}

TEST(WorkerRecord, SaysWhoHasBegunAndWhoHasEnded) {
  const ByteBuffer begun = started(3, "n1");
  const auto first = parse_worker(begun.view());
  ASSERT_TRUE(first);
  EXPECT_EQ(first->worker, 3u);
  EXPECT_TRUE(first->started);
  EXPECT_EQ(first->host, "n1");
  ByteBuffer ended;
  ended.push_back('W');
  wire::ValueWriter map(ended);
  map.map(2);
  map.text("event"), map.text("ended");
  map.text("worker"), map.number(3);
  const auto last = parse_worker(ended.view());
  ASSERT_TRUE(last);
  EXPECT_EQ(last->worker, 3u);
  EXPECT_FALSE(last->started);
  EXPECT_FALSE(parse_worker(as_bytes("W\x80")));
}

TEST(WorkerHosts, AreThoseOfTheLastStartBeforeTheAnswer) {
  WorkerHosts hosts;
  hosts.take(started(3, "n1").view(), 100);
  hosts.take(started(3, "n1").view(), 200);
  hosts.take(started(3, "n2").view(), 300);
  EXPECT_EQ(hosts.of(WorkerId{3}, 99), "");
  EXPECT_EQ(hosts.of(WorkerId{3}, 250), "n1");
  EXPECT_EQ(hosts.of(WorkerId{3}, 301), "n2");
  EXPECT_EQ(hosts.of(WorkerId{4}, 301), "");
}

TEST(WorkerHosts, HaveALimitOfWorkers) {
  WorkerHosts hosts;
  hosts.take(started(WorkerHosts::kWorkersMax, "n1").view(), 100);
  hosts.take(started(WorkerHosts::kWorkersMax - 1, "n1").view(), 100);
  EXPECT_EQ(hosts.of(WorkerId{WorkerHosts::kWorkersMax}, 200), "");
  EXPECT_EQ(hosts.of(WorkerId{WorkerHosts::kWorkersMax - 1}, 200), "n1");
}

TEST(WorkerHosts, PassOverWhatIsNoRecord) {
  WorkerHosts hosts;
  const std::string whole(as_text(started(1, "n1").view()));
  for (std::size_t size = 1; size < whole.size(); ++size) {
    hosts.take(as_bytes(std::string_view(whole).substr(0, size)), size);
  }
  EXPECT_EQ(hosts.of(WorkerId{1}, 1000), "");
}

TEST(CheckValue, RefusesWhatNoWorkerCouldHaveSaid) {
  JournalAnswer answer;
  const auto checks = [&](std::string_view value, bool is_pair) {
    answer.value = as_bytes(value);
    return check_value(answer, is_pair).has_value();
  };
  EXPECT_TRUE(checks("\x01", false));
  EXPECT_TRUE(checks("\x92\x01\x02", true));
  EXPECT_FALSE(checks("", false));
  EXPECT_FALSE(checks("\x92\x01", false));
  EXPECT_FALSE(checks("\x01\x02", false));
  EXPECT_FALSE(checks("\x93\x01\x02\x03", true));
  EXPECT_FALSE(checks("\x01", true));
  answer.outcome = Outcome::NotComputed;
  EXPECT_TRUE(checks("", true));
}

}  // namespace
}  // namespace spread
