#include "spread/journal/answers.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "spread/base/random.h"

namespace spread {
namespace {

TaskResult result(std::uint64_t id, Outcome outcome = Outcome::Ok) {
  TaskResult made;
  made.id = TaskId{id};
  made.outcome = outcome;
  made.worker = WorkerId{3};
  made.attempts = 2;
  made.duration = std::chrono::microseconds(1500);
  return made;
}

std::string text_of(ByteView bytes) { return std::string(as_text(bytes)); }

TEST(AnswerBatch, GivesBackWhatWasAdded) {
  AnswerBatch batch;
  batch.add(result(7), as_bytes("ab"), as_bytes("cde"));
  batch.add(result(5, Outcome::Lost), {}, {});
  batch.add(result(kFirstSubtask - 1, Outcome::NotComputed), {}, as_bytes("x"));
  AnswerList list;
  ASSERT_TRUE(list.parse(batch.take()));
  ASSERT_EQ(list.answers().size(), 3u);
  const JournalAnswer& first = list.answers()[0];
  EXPECT_EQ(number(first.task), 7u);
  EXPECT_EQ(first.outcome, Outcome::Ok);
  EXPECT_EQ(first.attempts, 2u);
  EXPECT_EQ(first.duration, std::chrono::microseconds(1500));
  EXPECT_EQ(number(first.worker), 3u);
  EXPECT_EQ(text_of(first.value), "abcde");
  EXPECT_EQ(number(list.answers()[1].task), 5u);
  EXPECT_EQ(list.answers()[1].outcome, Outcome::Lost);
  EXPECT_EQ(list.answers()[2].outcome, Outcome::NotComputed);
}

TEST(AnswerBatch, HasWhereAValueIs) {
  const Byte head[] = {0xdb, 0, 1, 2, 3};
  ResultPlace place{uint64_t{1} << 40, 66051, 0xfedcba98, ResultPlace::Form::Bytes, head};
  AnswerBatch batch;
  batch.add(result(7), place);
  place.form = ResultPlace::Form::Json;
  place.head = {};
  batch.add(result(8), place);
  AnswerList list;
  ASSERT_TRUE(list.parse(batch.take()));
  ASSERT_EQ(list.answers().size(), 2u);
  ASSERT_TRUE(list.answers()[0].in_output);
  const auto bytes = parse_place(list.answers()[0]), json = parse_place(list.answers()[1]);
  ASSERT_TRUE(bytes && json);
  EXPECT_EQ(bytes->offset, uint64_t{1} << 40);
  EXPECT_EQ(bytes->bytes, 66051u);
  EXPECT_EQ(bytes->checksum, 0xfedcba98u);
  EXPECT_EQ(text_of(bytes->head), text_of(head));
  EXPECT_EQ(json->form, ResultPlace::Form::Json);
  EXPECT_TRUE(json->head.empty());
  JournalAnswer cut = list.answers()[0];
  for (std::size_t size = cut.value.size() - std::size(head); size-- > 0;) {
    cut.value = cut.value.first(size);
    EXPECT_FALSE(parse_place(cut)) << size;
  }
}

TEST(AnswerBatch, APlaceThatIsNoneIsRefused) {
  AnswerBatch batch;
  batch.add(result(7), {uint64_t{0} - 5, 10, 1, ResultPlace::Form::Bytes, {}});
  batch.add(result(8, Outcome::Failed), {5, 10, 1, ResultPlace::Form::Bytes, {}});
  batch.add(result(9), {5, 10, 1, ResultPlace::Form::Json, as_bytes("x")});
  batch.add(result(10), {5, 10, 1, static_cast<ResultPlace::Form>(2), {}});
  AnswerList list;
  ASSERT_TRUE(list.parse(batch.take()));
  for (const JournalAnswer& answer : list.answers()) {
    EXPECT_FALSE(parse_place(answer)) << number(answer.task);
  }
}

TEST(AnswerBatch, AFailureThatWouldBeTriedAgainIsNoOutcome) {
  AnswerBatch batch;
  TaskResult failed = result(0, Outcome::Failed);
  failed.cut_short = true;
  batch.add(failed, {}, {});
  AnswerList list;
  ASSERT_TRUE(list.parse(batch.take()));
  EXPECT_EQ(list.answers()[0].outcome, Outcome::NotComputed);
}

TEST(AnswerBatch, BeginsAnewWhenItHasBeenTaken) {
  AnswerBatch batch;
  batch.add(result(100), {}, as_bytes("one"));
  batch.take();
  EXPECT_TRUE(batch.empty());
  batch.add(result(101), {}, as_bytes("two"));
  AnswerList list;
  ASSERT_TRUE(list.parse(batch.take()));
  ASSERT_EQ(list.answers().size(), 1u);
  EXPECT_EQ(number(list.answers()[0].task), 101u);
}

TEST(AnswerBatch, IsFullAtSoManyAnswersOrBytes) {
  AnswerBatch many, large;
  for (std::uint64_t i = 0; i < kBatchMax; ++i) {
    ASSERT_FALSE(many.full()) << i;
    many.add(result(0), {}, {});
    if (many.size() >= AnswerBatch::kBytes) break;
  }
  EXPECT_TRUE(many.full());
  large.add(result(0), {}, as_bytes(std::string(AnswerBatch::kBytes, 'x')));
  EXPECT_TRUE(large.full());
}

TEST(AnswerBatch, IsCompressedWhereThatPays) {
  AnswerBatch small, large, random;
  Random dice(1);
  const std::string text(1000, 'x');
  for (std::uint64_t i = 0; i < 20; ++i) {
    small.add(result(i), {}, as_bytes("12345678"));
    large.add(result(i), {}, as_bytes(text));
    std::string noise;
    for (int n = 0; n < 1000; ++n) noise += static_cast<char>(dice.below(256));
    random.add(result(i), {}, as_bytes(noise));
  }
  EXPECT_EQ(small.take()[0], 'A');
  EXPECT_EQ(random.take()[0], 'A');
  const ByteView record = large.take();
  EXPECT_EQ(record[0], 'Z');
  EXPECT_LT(record.size(), 2000u);
  AnswerList list;
  ASSERT_TRUE(list.parse(record));
  ASSERT_EQ(list.answers().size(), 20u);
  EXPECT_EQ(text_of(list.answers()[19].value), text);
}

TEST(AnswerList, RefusesWhatIsCutOffAnywhere) {
  AnswerBatch batch;
  batch.add(result(1), {}, as_bytes("value"));
  const std::string whole = text_of(batch.take());
  for (std::size_t size = 2; size < whole.size(); ++size) {
    AnswerList list;
    EXPECT_FALSE(list.parse(as_bytes(whole).first(size))) << size;
  }
}

TEST(AnswerList, RefusesWhatALaterFormatMayMean) {
  AnswerBatch batch;
  batch.add(result(0), {}, {});
  std::string record = text_of(batch.take());
  record[2] = static_cast<char>(record[2] | 32);
  AnswerList list;
  EXPECT_FALSE(list.parse(as_bytes(record)));
}

TEST(AnswerList, TakesNoMemoryForWhatAHeaderClaims) {
  const std::string bomb = std::string("Z") + std::string(6, '\xff') + '\x01' + "(\xb5/\xfd";
  AnswerList list;
  EXPECT_FALSE(list.parse(as_bytes(bomb)));
  EXPECT_EQ(list.memory(), 0u);
}

}  // namespace
}  // namespace spread
