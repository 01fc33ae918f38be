#include "spread/history/history_text.h"

#include <gtest/gtest.h>

namespace spread {
namespace {

TEST(HistoryText, IsATableWithOneLinePerRow) {
  HistoryStore::Row fast;
  fast.key = {"n1", {"python3", "two words.py"}, ""};
  fast.history = {0.02, 10, 0.5, 0.1, 0, 1200, 1000};
  fast.factor = 0.5;
  HistoryStore::Row slow;
  slow.key = {"localhost", {"w"}, "0123456789abcdef"};
  slow.history.last_used = 1000 - 3 * 24 * 3600;
  EXPECT_EQ(format_history({fast, slow}, 1010),
            "host       tasks  per task  factor   start  failed  busy  last used  command\n"
            "n1          1200     20 ms    0.50  500 ms   10.0%     -        now  "
            "python3 'two words.py'\n"
            "localhost      0         -       -       -       -     -    3 d ago  "
            "w (prep 01234567)\n");
}

TEST(HistoryText, SaysThatNothingIsRemembered) {
  EXPECT_EQ(format_history({}, 0), "nothing is remembered\n");
}

TEST(HistoryText, SpansHaveThreeDigitsAndTheRightUnit) {
  EXPECT_EQ(format_span(0.0000015), "1.5 us");
  EXPECT_EQ(format_span(0.02), "20 ms");
  EXPECT_EQ(format_span(0.99996), "1 s");
  EXPECT_EQ(format_span(59), "59 s");
  EXPECT_EQ(format_span(90), "1.5 min");
  EXPECT_EQ(format_span(7200), "2 h");
}

}  // namespace
}  // namespace spread
