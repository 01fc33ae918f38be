// A file that is written again from its start.
#include "spread/io/continued_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace spread {
namespace {

class Continued : public testing::Test {
 protected:
  Continued() { close(mkstemp(name_)); }
  ~Continued() override {
    close(fd_);
    unlink(name_);
  }

  ContinuedFile open_with(const std::string& old, int mode = O_RDWR) {
    return open_up_to(old.size(), old, mode);
  }
  ContinuedFile open_up_to(std::uint64_t old_bytes, const std::string& old, int mode = O_RDWR,
                           std::uint64_t needed = 0) {
    std::ofstream(name_, std::ios::binary) << old;
    if (fd_ >= 0) close(fd_);
    fd_ = open(name_, mode);
    return {fd_, old_bytes, needed};
  }
  std::string content() const {
    std::ifstream file(name_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  char name_[40] = "/tmp/spread-continued-XXXXXX";
  int fd_ = -1;
};

/// All of `text`, as an OutputWriter does it: in pieces of `piece` bytes, four at a time.
void write_all(ContinuedFile& file, std::string_view text, std::size_t piece = SIZE_MAX) {
  while (!text.empty()) {
    std::vector<ByteView> pieces;
    for (std::string_view rest = text; !rest.empty() && pieces.size() < 4;) {
      pieces.push_back(as_bytes(rest.substr(0, piece)));
      rest.remove_prefix(pieces.back().size());
    }
    const IoResult done = file.write(pieces);
    ASSERT_EQ(done.state, IoState::Done) << errno_text(done.error);
    text.remove_prefix(done.size);
  }
}

TEST_F(Continued, WritesNothingWhileWhatIsThereIsTheSame) {
  ContinuedFile file = open_with("a\nb\nc\n", O_RDONLY);  // in which a write fails
  write_all(file, "a\nb\n");
  EXPECT_TRUE(file.compares());
  EXPECT_EQ(file.kept(), 4u);
  EXPECT_EQ(content(), "a\nb\nc\n");
}

TEST_F(Continued, GoesOnBehindTheOldBytes) {
  ContinuedFile file = open_with("a\nb\n");
  write_all(file, "a\nb\nc\n", 3);
  EXPECT_FALSE(file.compares());
  EXPECT_EQ(file.kept(), 4u);
  EXPECT_EQ(content(), "a\nb\nc\n");
}

TEST_F(Continued, IsCutAtTheFirstByteThatDiffers) {
  ContinuedFile file = open_with("a\nb\nc\nd\n");
  write_all(file, "a\nb\nX");
  EXPECT_EQ(file.kept(), 4u);
  EXPECT_EQ(content(), "a\nb\nX");
}

TEST_F(Continued, IsCutWhereItsLastResultIsTorn) {
  ContinuedFile file = open_up_to(4, "a\nb\nhalf of a li");
  write_all(file, "a\n");
  write_all(file, "b\n");
  EXPECT_EQ(content(), "a\nb\n");
  write_all(file, "c\n");
  EXPECT_EQ(content(), "a\nb\nc\n");
}

TEST_F(Continued, OfNothingOldIsWrittenAnew) {
  ContinuedFile file = open_up_to(0, "of someone else");
  write_all(file, "a\n");
  EXPECT_EQ(file.kept(), 0u);
  EXPECT_EQ(content(), "a\n");
}

TEST_F(Continued, MayBeShorterThanSaid) {
  ContinuedFile file = open_up_to(1000, "a\nb");
  write_all(file, "a\nb\nc\n");
  EXPECT_EQ(file.kept(), 3u);
  EXPECT_EQ(content(), "a\nb\nc\n");
}

TEST_F(Continued, OutputThatEndsWithinTheOldBytesCutsThem) {
  ContinuedFile file = open_with("a\nb\nc\n");
  write_all(file, "a\n");
  ASSERT_TRUE(file.cut());
  EXPECT_EQ(content(), "a\n");
  ASSERT_TRUE(file.cut());
  EXPECT_EQ(content(), "a\n");
}

TEST_F(Continued, TellsWhyItCannotBeRead) {
  ContinuedFile file = open_with("a\n", O_WRONLY);
  const ByteView bytes = as_bytes(std::string_view("a\n"));
  const IoResult done = file.write({&bytes, 1});
  EXPECT_EQ(done.state, IoState::Failed);
  EXPECT_EQ(done.error, EBADF);
  EXPECT_EQ(content(), "a\n");
}

TEST_F(Continued, TellsWhyItCannotBeCut) {
  ContinuedFile file = open_with("a\nb\n", O_RDONLY);
  const ByteView bytes = as_bytes(std::string_view("x\n"));
  const IoResult done = file.write({&bytes, 1});
  EXPECT_EQ(done.state, IoState::Failed);
  EXPECT_EQ(done.error, EINVAL);
  EXPECT_EQ(content(), "a\nb\n");
}

/// Whatever was there, and however it is written: at the end the file is the output.
TEST_F(Continued, IsWhatAFileWrittenAnewIs) {
  const char* given = std::getenv("SPREAD_SEED");
  const std::uint64_t first = given != nullptr ? std::strtoull(given, nullptr, 10) : 1;
  const std::uint64_t trials = given != nullptr ? 1 : 100;
  for (std::uint64_t seed = first; seed < first + trials; ++seed) {
    SCOPED_TRACE("SPREAD_SEED=" + std::to_string(seed));
    std::mt19937_64 random(seed);
    const auto up_to = [&](std::size_t most) { return random() % (most + 1); };
    const std::size_t most = 3 * ContinuedFile::kPieceBytes;
    std::string text;
    for (std::size_t size = up_to(most); text.size() < size;) text += std::to_string(random());
    // Mostly of the same output, cut off somewhere, with a part of it changed or something behind.
    std::string old = text.substr(0, up_to(text.size()));
    if (up_to(2) == 0 && !old.empty()) old[up_to(old.size() - 1)] = '#';
    if (up_to(2) == 0) old += std::string(up_to(most), '\0');
    ContinuedFile file = open_up_to(up_to(3) == 0 ? up_to(old.size()) : old.size(), old);
    write_all(file, text, 1 + up_to(2 * ContinuedFile::kPieceBytes));
    ASSERT_TRUE(file.cut());
    ASSERT_EQ(content(), text);
    const auto differs =
        std::mismatch(old.begin(), old.end(), text.begin(), text.end()).first - old.begin();
    ASSERT_LE(file.kept(), static_cast<std::size_t>(differs));
    if (HasFailure()) return;
  }
}

TEST_F(Continued, MendsWhatIsStillNeededAndCutsNothingOfIt) {
  ContinuedFile file = open_up_to(12, "abXdefghiYkl", O_RDWR, 8);
  const auto two = [&](std::string_view text) {
    write_all(file, text, 2);
    return content();
  };
  EXPECT_EQ(two("abc"), "abcdefghiYkl");
  EXPECT_TRUE(file.compares());
  EXPECT_EQ(two("defg"), "abcdefghiYkl");
  EXPECT_EQ(two("hi"), "abcdefghiYkl");
  EXPECT_EQ(two("j"), "abcdefghij");
  EXPECT_FALSE(file.compares());
  EXPECT_EQ(two("kl"), "abcdefghijkl");
}

}  // namespace
}  // namespace spread
