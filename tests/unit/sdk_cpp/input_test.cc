// Big frames that come while a question is open: which of them has the memory of an earlier one.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <spread/detail/input.hpp>

#include <optional>
#include <string>
#include <utility>

namespace spread::test {
namespace {

class SdkInput : public testing::Test {
 protected:
  static constexpr std::size_t kLarge = 10'000'000;
  static constexpr std::size_t kSmall = 100'000;  // is read in the way of big ones, too

  SdkInput() : fd_(memfd_create("frames", MFD_CLOEXEC)), input_(std::in_place, fd_) {}
  ~SdkInput() override { close(fd_); }

  /// The body of a frame of that size, which comes now.
  std::string body(std::size_t size) {
    std::string frame(detail::kHeaderBytes + size, 'x');
    frame[0] = '\xc6';
    detail::store_big_endian(frame.data() + 1, static_cast<std::uint32_t>(size));
    EXPECT_EQ(pwrite(fd_, frame.data(), frame.size(), written_), std::ssize(frame));
    written_ += std::ssize(frame);
    std::string found;
    EXPECT_TRUE(input_->next_aside(found));
    EXPECT_EQ(found, frame.substr(detail::kHeaderBytes));
    return found;
  }

  int fd_;
  off_t written_ = 0;
  std::optional<detail::Input> input_;
};

TEST_F(SdkInput, ALargeBodyHasTheMemoryOfTheOneBefore) {
  std::string first = body(kLarge);
  const char* const memory = first.data();
  input_->spare()->give(std::move(first));
  EXPECT_EQ(body(kLarge - 1).data(), memory);
}

TEST_F(SdkInput, ASmallBodyLeavesTheMemoryOfALargeOneAlone) {
  std::string large = body(kLarge);
  const char* const memory = large.data();
  input_->spare()->give(std::move(large));
  std::string small = body(kSmall);
  EXPECT_LT(small.capacity(), 2 * kSmall);
  input_->spare()->give(std::move(small));
  EXPECT_EQ(body(kLarge).data(), memory);
}

TEST_F(SdkInput, ABodyIsGivenBackAfterItsEnd) {
  std::string large = body(kLarge);
  const auto spare = input_->spare();
  const char* const memory = large.data();
  input_.reset();
  spare->give(std::move(large));
  EXPECT_EQ(spare->take(kLarge).data(), memory);
}

TEST(SdkSpare, MoreThanTheLimitIsNotKept) {
  detail::Spare spare;
  spare.give(std::string(detail::kKeptBytes + 1, 'x'));
  EXPECT_EQ(spare.take(detail::kKeptBytes).capacity(), detail::kKeptBytes);
}

}  // namespace
}  // namespace spread::test
