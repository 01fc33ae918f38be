#include "spread/journal/resume_plan.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "journal_support.h"
#include "spread/base/random.h"
#include "spread/journal/checksum.h"
#include "spread/journal/job_answer.h"
#include "spread/journal/resume_table.h"
#include "spread/journal/varint.h"
#include "tests/support/scratch_memory.h"

namespace spread {
namespace {

/// A journal in the making, and what is made of it.
struct Journal {
  Journal() { part(false); }
  void put(ByteView record) { log.append(as_text(record)); }
  void part(bool renumbers, const std::string& subcommand = "run") {
    JournalPart made;
    made.renumbers = renumbers;
    made.subcommand = subcommand;
    made.output = "out";
    ByteBuffer record;
    append_part(made, record);
    put(record.view());
  }
  void tasks(std::uint64_t first, const std::vector<std::uint64_t>& digests) {
    ByteBuffer record;
    record.push_back('T');
    append_var(first, record);
    for (std::uint64_t digest : digests) {
      for (int i = 0; i < 8; ++i) record.push_back(static_cast<Byte>(digest >> (8 * i)));
    }
    put(record.view());
  }
  void answer(std::uint64_t task, std::string_view value, Outcome outcome = Outcome::Ok) {
    TaskResult result;
    result.id = TaskId{task};
    result.outcome = outcome;
    result.attempts = 1;
    AnswerBatch batch;
    batch.add(result, {}, as_bytes(value));
    put(batch.take());
  }
  /// In the file "out", or so it says.
  void answer_at(std::uint64_t task, std::string_view said, std::uint64_t offset) {
    TaskResult result;
    result.id = TaskId{task};
    AnswerBatch batch;
    const Byte head[] = {static_cast<Byte>(0xa0 + said.size())};
    batch.add(result,
              {offset, said.size(), crc32c(as_bytes(said)), ResultPlace::Form::Bytes, head});
    put(batch.take());
  }
  void kept(std::uint64_t task, std::uint64_t was, AnswerPlace place) {
    ByteBuffer record;
    record.push_back('K');
    for (const std::uint64_t n : {task, was, place, std::uint64_t{0}, std::uint64_t{1}}) {
      append_var(n, record);
    }
    append_var(5, record);
    put(record.view());
  }
  void input_ended() { put(as_bytes("I")); }
  void end(bool complete) {
    JournalEnd made;
    made.complete = complete;
    ByteBuffer record;
    append_end(made, record);
    put(record.view());
  }
  Status read() {
    RecordLogReader reader(log.file);
    return contents.read(reader);
  }
  std::vector<Fate> fates(const std::vector<std::uint64_t>& digests, ResumeHow how) {
    EXPECT_TRUE(read());
    EntryFile buckets(files[1], 8, 2), chain(files[2], 8, 2);
    auto plan = ResumePlan::create(contents, how, &buckets, &chain);
    std::vector<Fate> fates;
    for (std::uint64_t digest : digests) {
      const auto decision = (*plan)->next(digest);
      EXPECT_TRUE(decision);
      fates.push_back(decision->fate);
      differs = differs || decision->differs;
      places.push_back(decision->place);
    }
    return fates;
  }
  std::string value(std::size_t task) {
    AnswerReader answers(log.file);
    const auto answer = answers.get(places[task]);
    return answer ? std::string(as_text(answer->value)) : answer.error().message;
  }

  Log log;
  ScratchMemory files[3];
  EntryFile table{files[0], 8, 2};
  JournalContents contents{table};
  bool differs = false;
  std::vector<AnswerPlace> places;
};

using enum Fate;
using Fates = std::vector<Fate>;

TEST(EntryFile, HasWhatWasSetAndZeroElsewhere) {
  ScratchMemory file;
  EntryFile entries(file, 4, 3);
  std::vector<EntryFile::Entry> model(500);
  Random dice(7);
  for (int i = 0; i < 5000; ++i) {
    const std::uint64_t at = dice.below(500);
    ASSERT_EQ(*entries.get(at), model[at]);
    model[at] = {dice.below(1000), dice.below(1000)};
    ASSERT_TRUE(entries.set(at, model[at]));
  }
  entries.clear();
  EXPECT_EQ(*entries.get(17), EntryFile::Entry());
}

/// A file of -o that is a string.
struct Text final : OutputFiles {
  explicit Text(std::string_view text) : text_(text) {}
  ByteView read(const std::string& file, std::uint64_t offset, std::uint64_t bytes) override {
    if (file != "out" || offset > text_.size()) return {};
    return as_bytes(text_.substr(offset, bytes));
  }
  std::string_view text_;
};

TEST(ResumePlan, AResultInAFileCountsIfItIsThere) {
  Text text("abc\ndeX\nghi\n");
  for (const bool in_place : {false, true}) {
    Journal journal;
    journal.tasks(0, {10, 11, 12, 13});
    journal.answer_at(0, "abc", 0);
    journal.answer_at(1, "def", 4);
    journal.answer_at(2, "ghi", 8);
    journal.answer(3, "\xa1x");
    journal.end(true);
    journal.contents.look_into(text);
    ResumeHow how;
    how.in_place = in_place;
    EXPECT_EQ(journal.fates({10, 11, 12, 13}, how),
              (Fates{Done, Gone, in_place ? Gone : Done, Done}));
    EXPECT_EQ(journal.contents.gone(), 1u);
    EXPECT_FALSE(journal.contents.complete());
    EXPECT_EQ(journal.contents.needed_of("out"), 11u);
    EXPECT_EQ(journal.contents.needed_of("other"), 0u);
    AnswerReader reader(journal.log.file);
    EXPECT_FALSE(reader.get(journal.places[0]));
    reader.look_into(text, journal.contents);
    EXPECT_EQ(as_text(reader.get(journal.places[0])->value),
              "\xa3"
              "abc");
  }
}

TEST(ResumePlan, ALaterAnswerCountsThatIsInTheJournal) {
  Text text("");
  Journal journal;
  journal.tasks(0, {10, 11});
  journal.answer_at(0, "abc", 0);
  journal.answer_at(1, "def", 4);
  journal.answer(0,
                 "\xa3"
                 "abc");
  journal.end(true);
  journal.contents.look_into(text);
  EXPECT_EQ(journal.fates({10, 11}, {}), (Fates{Done, Gone}));
  EXPECT_EQ(journal.contents.gone(), 1u);
}

TEST(ResumePlan, OnlyAnswersCountAsDone) {
  Journal journal;
  journal.tasks(0, {10, 11, 12, 13});
  journal.answer(2, "two");
  journal.answer(0, "zero", Outcome::Failed);
  EXPECT_EQ(journal.fates({10, 11, 12, 13, 14}, {}),
            (Fates{DoneBadly, Unanswered, Done, Unanswered, Further}));
  EXPECT_FALSE(journal.differs);
  EXPECT_EQ(journal.value(2), "two");
  EXPECT_EQ(journal.value(0), "zero");
}

TEST(ResumePlan, FailedOnesAreRunAgainWhenThatIsAskedFor) {
  Journal journal;
  journal.tasks(0, {1, 2});
  journal.answer(0, "", Outcome::Lost);
  journal.answer(1, "");
  EXPECT_EQ(journal.fates({1, 2}, {true, false}), (Fates{FailedBefore, Done}));
}

TEST(ResumePlan, ARunThatCameToItsEndHasLeftOutWhatHasNoAnswer) {
  Journal journal;
  journal.tasks(0, {1, 2, 3});
  journal.answer(0, "");
  journal.answer(1, "", Outcome::NotComputed);
  journal.end(true);
  EXPECT_EQ(journal.fates({1, 2, 3}, {}), (Fates{Done, LeftOut, LeftOut}));
}

TEST(ResumePlan, APartThatWentOnIsNotAtItsEnd) {
  Journal journal;
  journal.tasks(0, {1, 2});
  journal.answer(1, "", Outcome::NotComputed);
  journal.end(true);
  journal.part(false);
  EXPECT_EQ(journal.fates({1, 2}, {}), (Fates{Unanswered, NotComputed}));
}

TEST(ResumePlan, AnotherDigestDiffers) {
  Journal journal;
  journal.tasks(0, {1, 2});
  journal.fates({1, 3}, {});
  EXPECT_TRUE(journal.differs);
}

TEST(ResumePlan, ByContentEachIsKeptOnceWhereverItStands) {
  Journal journal;
  journal.tasks(0, {5, 6, 6, 7, 8});
  for (std::uint64_t task : {0, 1, 2, 4}) journal.answer(task, std::to_string(task));
  EXPECT_EQ(journal.fates({6, 9, 8, 6, 6, 7, 5}, {false, true}),
            (Fates{Done, Changed, Done, Done, Changed, Changed, Done}));
  EXPECT_EQ(journal.value(0), "1");
  EXPECT_EQ(journal.value(3), "2");
}

TEST(ResumePlan, ByContentManyOfOneDigestAreAllFound) {
  Journal journal;
  journal.tasks(0, std::vector<std::uint64_t>(3000, 4));
  for (std::uint64_t task = 0; task < 3000; ++task) journal.answer(task, "");
  const Fates fates = journal.fates(std::vector<std::uint64_t>(3000, 4), {false, true});
  EXPECT_EQ(std::count(fates.begin(), fates.end(), Done), 3000);
}

TEST(JournalContents, APartThatRenumbersHasOnlyWhatItKeeps) {
  Journal journal;
  journal.tasks(0, {1, 2});
  journal.answer(0, "zero");
  ASSERT_TRUE(journal.read());
  const AnswerPlace place = journal.contents.task(0)->place;
  Journal again;
  again.tasks(0, {1, 2});
  again.answer(0, "zero");
  again.part(true);
  again.tasks(0, {9, 1});
  again.kept(1, 0, place);
  again.input_ended();
  EXPECT_EQ(again.fates({9, 1}, {}), (Fates{Unanswered, Done}));
  EXPECT_EQ(again.value(1), "zero");
}

// What the part before had is not forgotten when the one that numbers anew is cut off at its begin.
TEST(JournalContents, APartThatRenumbersAndIsCutOffLosesNothing) {
  Journal first;
  first.tasks(0, {1, 2, 2, 3});
  for (std::uint64_t n = 0; n < 4; ++n) first.answer(n, std::to_string(n));
  ASSERT_TRUE(first.read());
  Journal journal;
  journal.tasks(0, {1, 2, 2, 3});
  for (std::uint64_t n = 0; n < 4; ++n) journal.answer(n, std::to_string(n));
  journal.part(true);
  journal.tasks(0, {9, 2});
  journal.kept(1, 1, first.contents.task(1)->place);
  journal.part(true);
  journal.tasks(0, {9});
  journal.answer(0, "new");
  // By content though that is not said: in the rest of the input numbers say nothing.
  EXPECT_EQ(journal.fates({9, 2, 2, 2, 1, 3, 3}, {}),
            (Fates{Done, Done, Done, Changed, Done, Done, Changed}));
  std::string values;
  for (const std::size_t i : {0, 1, 2, 4, 5}) values += journal.value(i) + " ";
  EXPECT_EQ(values, "new 2 1 0 3 ");
}

TEST(JournalContents, WhatWasLostIsNotTakenForLeftOut) {
  Journal journal;
  journal.tasks(0, {1, 2});
  journal.answer(0, "zero");
  // A page in which the other answer was: a power cut has taken it, and not what came behind it.
  journal.log.file.bytes.resize(kJournalBlockBytes);
  journal.log.append("F a failure, so that the gap lies between records");
  journal.end(true);
  EXPECT_EQ(journal.fates({1, 2}, {}), (Fates{Done, Unanswered}));
}

// A power cut has taken the page in which tasks were, and not what came behind it.
TEST(JournalContents, TasksThatWereLostAreReadAgain) {
  Journal journal;
  journal.tasks(0, {1, 2});
  journal.answer(0, "zero");
  journal.log.file.bytes.resize(kJournalBlockBytes);
  journal.tasks(4, {5});
  journal.answer(3, "three");
  journal.answer(1, "one");
  journal.part(false);
  journal.tasks(2, {3, 4, 5});
  journal.answer(4, "four");
  EXPECT_EQ(journal.fates({1, 2, 3, 4, 5}, {}), (Fates{Done, Done, Unanswered, Unanswered, Done}));
  EXPECT_EQ(journal.value(4), "four");
}

TEST(JournalContents, AJobWhoseOutputIsLostHasNoAnswer) {
  Journal journal;
  journal.part(false, "map");
  journal.tasks(0, {1, 2});
  const auto printed = [&](std::uint64_t task, std::uint64_t before) {
    const std::uint64_t at = journal.log.file.bytes.size();
    ByteBuffer record;
    append_output_head(TaskId{task}, before, record);
    journal.put(record.view());
    return at;
  };
  const auto answered = [&](std::uint64_t task, std::uint64_t last) {
    JobPieces pieces;
    pieces.last = last;
    ByteBuffer value;
    append_job_answer({}, pieces, value);
    journal.answer(task, as_text(value.view()));
  };
  const std::uint64_t lost = printed(0, 0);
  journal.log.file.bytes.resize(lost);
  journal.log.file.bytes.resize(kJournalBlockBytes);
  const std::uint64_t second = printed(0, lost);
  const std::uint64_t whole = printed(1, printed(1, 0));
  answered(0, second);
  answered(1, whole);
  EXPECT_EQ(journal.fates({1, 2}, {}), (Fates{Unanswered, Done}));
}

TEST(JournalContents, ShowsEachRecordWithItsOffset) {
  Journal journal;
  journal.tasks(0, {1});
  journal.answer(0, "zero");
  std::string types;
  std::vector<std::uint64_t> places;
  RecordLogReader reader(journal.log.file);
  ASSERT_TRUE(journal.contents.read(reader, [&](ByteView record, std::uint64_t at) -> Status {
    types += static_cast<char>(record[0]);
    places.push_back(at);
    return {};
  }));
  EXPECT_EQ(types, "PTA");
  for (std::size_t i = 0; i < places.size(); ++i) {
    EXPECT_EQ(places[i], journal.log.records[i].at);
  }
}

TEST(ResumeTable, CountsEachGroupWithItsFirstTask) {
  ResumeTable table;
  table.add(Done, 0);
  table.add(Unanswered, 1);
  table.add(Done, 2);
  table.add(Further, 3);
  const std::string text = table.text(true);
  EXPECT_NE(text.find("         2          1  kept: done\n"), std::string::npos) << text;
  EXPECT_NE(text.find("         1          2  run again: without an answer"), std::string::npos);
  EXPECT_NE(text.find("         1          4  run: more input at the end\n"), std::string::npos);
  EXPECT_TRUE(text.ends_with("2 kept, 2 to run\n")) << text;
  EXPECT_EQ(text.find("kept: failed"), std::string::npos);
}

TEST(ResumeTable, WithoutARunBeforeAllIsRun) {
  ResumeTable table;
  table.add(Further, 0);
  const std::string text = table.text(false);
  EXPECT_NE(text.find("no run before"), std::string::npos) << text;
  EXPECT_EQ(text.find("at the end"), std::string::npos) << text;
}

TEST(JournalContents, RefusesWhatIsNoRecordOfItsOwn) {
  const auto refused = [](auto spoil) {
    Journal journal;
    journal.tasks(0, {1});
    spoil(journal);
    return !journal.read();
  };
  EXPECT_TRUE(refused([](Journal& j) { j.put(as_bytes("?what")); }));
  EXPECT_TRUE(refused([](Journal& j) { j.tasks(5, {1}); }));
  EXPECT_TRUE(refused([](Journal& j) { j.answer(1, "of no task"); }));
  EXPECT_TRUE(refused([](Journal& j) { j.put(as_bytes("X")); }));
  EXPECT_FALSE(refused([](Journal& j) { j.put(as_bytes("Ltail")); }));
}

}  // namespace
}  // namespace spread
