#include "spread/report/start_failures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace spread {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

FailedStart start_of(const char* said) {
  FailedStart start;
  start.subject = "python3 p1.py";
  start.what = "ended before its first answer";
  start.how = "exit status 1";
  start.said = said;
  return start;
}

FailedStart unreachable(const char* said) {
  FailedStart start;
  start.subject = "host down";
  start.what = "cannot be reached";
  start.how = "exit status 255";
  start.hint = "try: ssh down true";
  start.said = said;
  start.host = true;
  return start;
}

TEST(StartFailures, AreToldOnceForAllTriesAndSlots) {
  StartFailures failures;
  for (int tries = 0; tries < 3; ++tries) {
    failures.failed(WorkerId{0}, start_of("line 1\n  line 2\n"));
    failures.failed(WorkerId{1}, start_of("line 1\n  line 2\n"));
  }
  EXPECT_EQ(failures.closed(WorkerId{0}, true),
            "python3 p1.py ended before its first answer (exit status 1), tried 3 times:\n"
            "line 1\n  line 2");
  EXPECT_EQ(failures.closed(WorkerId{1}, false), "");
  EXPECT_THAT(failures.take_rest(), IsEmpty());
}

TEST(StartFailures, NumbersThatDifferMakeNoDifference) {
  StartFailures failures;
  failures.failed(WorkerId{0}, start_of("pid 17: no model"));
  failures.failed(WorkerId{1}, start_of("pid 201: no model"));
  EXPECT_EQ(failures.closed(WorkerId{0}, false),
            "python3 p1.py ended before its first answer (exit status 1): pid 17: no model");
  EXPECT_EQ(failures.closed(WorkerId{1}, false), "");
}

TEST(StartFailures, OtherFaultsAreToldToo) {
  StartFailures failures;
  failures.failed(WorkerId{0}, start_of("this"));
  failures.failed(WorkerId{1}, start_of("that"));
  EXPECT_NE(failures.closed(WorkerId{0}, false), "");
  EXPECT_NE(failures.closed(WorkerId{1}, false), "");
}

TEST(StartFailures, HostThatIsDownIsOneLine) {
  StartFailures failures;
  for (int tries = 0; tries < 3; ++tries) {
    failures.failed(WorkerId{0}, unreachable("ssh: connect to host down: Connection refused\r\n"));
  }
  EXPECT_EQ(failures.closed(WorkerId{0}, true),
            "host down cannot be reached (ssh: connect to host down: Connection refused; "
            "try: ssh down true); going on without it");
}

TEST(StartFailures, WhatSshSaysInSeveralLinesStandsBelow) {
  StartFailures failures;
  failures.failed(WorkerId{0}, unreachable("@@@\nHost key verification failed.\n"));
  EXPECT_EQ(failures.closed(WorkerId{0}, false),
            "host down cannot be reached (exit status 255; try: ssh down true):\n"
            "@@@\nHost key verification failed.");
}

TEST(StartFailures, ReasonThatTheWorkerSaysAsWellIsNotRepeated) {
  StartFailures failures;
  FailedStart start = start_of("no model");
  start.how = "its preparation failed: no model";
  failures.failed(WorkerId{0}, start);
  EXPECT_EQ(failures.closed(WorkerId{0}, false),
            "python3 p1.py ended before its first answer (its preparation failed: no model)");
}

TEST(StartFailures, WhatAnotherTryHasMendedIsToldThen) {
  StartFailures failures;
  failures.failed(WorkerId{0}, start_of("busy"));
  EXPECT_EQ(
      failures.answered(WorkerId{0}),
      "python3 p1.py ended before its first answer (exit status 1); the next one works: busy");
  EXPECT_FALSE(failures.failing(WorkerId{0}));
  EXPECT_THAT(failures.take_rest(), IsEmpty());
}

TEST(StartFailures, WhatDidNotMatterIsToldAtTheEnd) {
  StartFailures failures;
  failures.failed(WorkerId{0}, start_of("busy"));
  EXPECT_THAT(failures.take_rest(),
              ElementsAre("python3 p1.py ended before its first answer (exit status 1): busy"));
  EXPECT_THAT(failures.take_rest(), IsEmpty());
}

TEST(StartFailures, LongTextsKeepTheirEnd) {
  StartFailures failures;
  std::string said;
  for (int line = 0; line < 10000; ++line) said += "line\n";
  failures.failed(WorkerId{0}, start_of((said + "the end").c_str()));
  const std::string told = failures.closed(WorkerId{0}, false);
  EXPECT_LT(told.size(), 20000u);
  EXPECT_THAT(told, testing::EndsWith("line\nthe end"));
}

TEST(StartFailures, NoMoreKindsAreKeptThanFifty) {
  StartFailures failures;
  for (std::uint32_t i = 0; i < 60; ++i) {
    FailedStart start = start_of("");
    start.said = "another fault " + std::string(i + 1, 'x');
    failures.failed(WorkerId{i}, start);
  }
  EXPECT_NE(failures.closed(WorkerId{49}, true), "");
  EXPECT_EQ(failures.closed(WorkerId{50}, true), "");
  EXPECT_EQ(failures.take_rest().size(), 49u);
}

}  // namespace
}  // namespace spread
