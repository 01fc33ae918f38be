#include "spread/journal/checksum.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "spread/base/random.h"

namespace spread {
namespace {

std::string up(bool down = false) {
  std::string bytes;
  for (int i = 0; i < 32; ++i) bytes += static_cast<char>(i);
  if (down) std::reverse(bytes.begin(), bytes.end());
  return bytes;
}

using Checksum = std::uint32_t (*)(ByteView, std::uint32_t);
class Crc32c : public testing::TestWithParam<Checksum> {};
INSTANTIATE_TEST_SUITE_P(BothWays, Crc32c, testing::Values(crc32c, crc32c_by_tables));

TEST_P(Crc32c, IsThatOfRfc3720) {
  const Checksum crc = GetParam();
  EXPECT_EQ(crc(as_bytes(std::string(32, '\0')), 0), 0x8a9136aau);
  EXPECT_EQ(crc(as_bytes(std::string(32, '\xff')), 0), 0x62a8ab43u);
  EXPECT_EQ(crc(as_bytes(up()), 0), 0x46dd794eu);
  EXPECT_EQ(crc(as_bytes(up(true)), 0), 0x113fdb5cu);
  EXPECT_EQ(crc(as_bytes("123456789"), 0), 0xe3069283u);
  EXPECT_EQ(crc({}, 0), 0u);
}

TEST_P(Crc32c, GoesOn) {
  const std::string text = up() + up(true) + "and on";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    const std::uint32_t first = GetParam()(as_bytes(text.substr(0, cut)), 0);
    EXPECT_EQ(GetParam()(as_bytes(text.substr(cut)), first), GetParam()(as_bytes(text), 0)) << cut;
  }
}

TEST(Checksum, IsTheSameBothWays) {
  Random random(1);
  std::string text;
  for (int i = 0; i < 300; ++i) text += static_cast<char>(random.next());
  for (std::size_t begin = 0; begin < 16; ++begin) {
    for (std::size_t size = 0; begin + size <= text.size(); ++size) {
      const ByteView piece = as_bytes(text).subspan(begin, size);
      ASSERT_EQ(crc32c(piece, 7), crc32c_by_tables(piece, 7)) << begin << ' ' << size;
    }
  }
}

}  // namespace
}  // namespace spread
