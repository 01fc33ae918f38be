#include "spread/io/files.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "spread/io/system.h"

namespace spread {
namespace {

class Files : public testing::Test {
 protected:
  Files() { close(mkstemp(name_)); }
  ~Files() override { unlink(name_); }
  void write(const std::string& text) { std::ofstream(name_, std::ios::binary) << text; }
  std::string rest() {
    std::ifstream file(name_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  /// What is left of `text`.
  std::string torn(const std::string& text) {
    write(text);
    EXPECT_TRUE(drop_torn_line(name_, [](std::string_view) { return true; }));
    return rest();
  }

  char name_[32] = "/tmp/spread-files-XXXXXX";
};

TEST_F(Files, DropsALineThatWasCutOff) {
  EXPECT_EQ(torn(""), "");
  EXPECT_EQ(torn("a\nb\n"), "a\nb\n");
  EXPECT_EQ(torn("a\nb"), "a\n");
  EXPECT_EQ(torn("half"), "");
}

TEST_F(Files, DropsALongLineThatWasCutOff) {
  const std::string line = "first\n";
  for (const std::size_t size : {65535u, 65536u, 65537u, 200000u}) {
    EXPECT_EQ(torn(line + std::string(size, 'x')), line) << size;
    EXPECT_EQ(torn(std::string(size, 'x')), "") << size;
    EXPECT_EQ(torn(line + std::string(size, 'x') + '\n').size(), line.size() + size + 1) << size;
  }
}

// Only its end is read: a terabyte of holes would take hours.
TEST_F(Files, LooksAtTheEndOfALargeFileOnly) {
  write("first\n");
  ASSERT_EQ(truncate(name_, off_t{1} << 40), 0);
  const int fd = open(name_, O_WRONLY | O_APPEND);
  ASSERT_EQ(::write(fd, "\nlast", 5), 5);
  close(fd);
  EXPECT_TRUE(drop_torn_line(name_, [](std::string_view) { return true; }));
  const auto file = open_for_reading(name_);
  EXPECT_EQ(*file_size(file->get()), (std::uint64_t{1} << 40) + 1);
}

// Files of /proc cannot be spliced from.
TEST_F(Files, MovesWhatCannotBeSpliced) {
  const auto file = open_for_reading("/proc/self/environ");
  std::string wanted(100, '\0');
  ASSERT_EQ(read_at(file->get(), 5, {reinterpret_cast<Byte*>(wanted.data()), wanted.size()}), 100u);
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
  const IoResult moved = move_from_file(file->get(), 5, 100, ends[1]);
  ASSERT_EQ(moved.state, IoState::Done);
  ASSERT_EQ(moved.size, 100u);
  std::string got(200, '\0');
  EXPECT_EQ(read(ends[0], got.data(), got.size()), 100);
  got.resize(100);
  EXPECT_EQ(got, wanted);
  EXPECT_EQ(move_from_file(file->get(), 1 << 30, 100, ends[1]).state, IoState::Failed);
  close(ends[0]);
  // As in the program (SignalSet): a pipe without a reader is an error of the write.
  const auto before = std::signal(SIGPIPE, SIG_IGN);
  EXPECT_EQ(move_from_file(file->get(), 5, 100, ends[1]).state, IoState::End);
  std::signal(SIGPIPE, before);
  close(ends[1]);
}

}  // namespace
}  // namespace spread
