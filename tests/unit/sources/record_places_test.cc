#include "spread/sources/record_reader.h"

#include <gtest/gtest.h>

namespace spread {
namespace {

TEST(RecordPlaces, WhereEveryLineIsARecordNothingIsTold) {
  const RecordPlaces places;
  EXPECT_EQ(places.line_of(0), 1u);
  EXPECT_EQ(places.line_of(41), 42u);
}

TEST(RecordPlaces, LinesThatAreNoRecordsAreSkipped) {
  RecordPlaces places;
  for (const std::uint64_t line : {2u, 3u, 7u, 8u}) places.add(line);
  EXPECT_EQ(places.line_of(0), 2u);
  EXPECT_EQ(places.line_of(1), 3u);
  EXPECT_EQ(places.line_of(2), 7u);
  EXPECT_EQ(places.line_of(3), 8u);
}

TEST(RecordPlaces, BeyondTheLimitPlacesAreNotKnown) {
  RecordPlaces places;
  const std::uint64_t kept = RecordPlaces::kRunsMax - 1;
  for (std::uint64_t record = 0; record < RecordPlaces::kRunsMax + 10; ++record) {
    places.add(2 * record + 2);
  }
  EXPECT_EQ(places.line_of(0), 2u);
  EXPECT_EQ(places.line_of(kept - 1), 2 * kept);
  EXPECT_EQ(places.line_of(kept + 1), 0u);
}

}  // namespace
}  // namespace spread
