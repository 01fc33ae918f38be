// The master reads and writes msgpack by hand; here msgpack-c has an opinion about it.
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <msgpack.hpp>

#include "spread/base/random.h"
#include "spread/wire/codec.h"
#include "spread/wire/msgpack.h"
#include "wire_testing.h"

namespace spread::wire {
namespace {

/// What msgpack-c's packer writes.
template <typename F>
std::string theirs(F&& pack) {
  ::msgpack::sbuffer out;
  ::msgpack::packer<::msgpack::sbuffer> packer(out);
  pack(packer);
  return std::string(out.data(), out.size());
}

/// What a put_...() writes.
template <typename F>
std::string ours(F&& put) {
  Byte bytes[kMaxScalarBytes];
  return std::string(as_text(ByteView(bytes, static_cast<std::size_t>(put(bytes) - bytes))));
}

/// Numbers around each power of two, where forms change.
std::vector<std::uint64_t> edges() {
  std::vector<std::uint64_t> found{0};
  for (int bit = 0; bit < 64; ++bit) {
    for (const std::uint64_t off : {-1, 0, 1}) found.push_back((std::uint64_t{1} << bit) + off);
  }
  return found;
}

TEST(MsgpackOracle, NumbersAreWrittenAlike) {
  for (const std::uint64_t n : edges()) {
    EXPECT_EQ(to_hex(ours([n](Byte* to) { return put_unsigned(to, n); })),
              to_hex(theirs([n](auto& packer) { packer.pack(n); })));
    for (const std::uint64_t bits : {n, -n}) {
      const auto x = static_cast<std::int64_t>(bits);
      EXPECT_EQ(to_hex(ours([x](Byte* to) { return put_signed(to, x); })),
                to_hex(theirs([x](auto& packer) { packer.pack(x); })));
    }
  }
  for (const double x : {0.1, -1e300, 5e-324, std::numeric_limits<double>::infinity()}) {
    EXPECT_EQ(to_hex(ours([x](Byte* to) { return put_float64(to, x); })),
              to_hex(theirs([x](auto& packer) { packer.pack_double(x); })));
  }
}

TEST(MsgpackOracle, HeadersAreWrittenAlike) {
  for (const std::uint64_t edge : edges()) {
    if (edge > UINT32_MAX) continue;
    const auto n = static_cast<std::uint32_t>(edge);
    EXPECT_EQ(to_hex(ours([n](Byte* to) { return put_str_header(to, n); })),
              to_hex(theirs([n](auto& packer) { packer.pack_str(n); })));
    EXPECT_EQ(to_hex(ours([n](Byte* to) { return put_bin_header(to, n); })),
              to_hex(theirs([n](auto& packer) { packer.pack_bin(n); })));
    EXPECT_EQ(to_hex(ours([n](Byte* to) { return put_array_header(to, n); })),
              to_hex(theirs([n](auto& packer) { packer.pack_array(n); })));
    EXPECT_EQ(to_hex(ours([n](Byte* to) { return put_map_header(to, n); })),
              to_hex(theirs([n](auto& packer) { packer.pack_map(n); })));
    EXPECT_EQ(to_hex(ours([n](Byte* to) { return put_ext_header(to, -7, n); })),
              to_hex(theirs([n](auto& packer) { packer.pack_ext(n, -7); })));
  }
}

/// Any value, in the forms that msgpack-c writes.
void pack_any(::msgpack::packer<::msgpack::sbuffer>& packer, Random& random, int depth) {
  const std::string text(random.below(depth == 0 ? 70000 : 300), 't');
  const auto size = static_cast<std::uint32_t>(text.size());
  switch (random.below(depth > 4 ? 7 : 9)) {
    case 0: packer.pack_nil(); return;
    case 1: packer.pack(random.below(2) == 0); return;
    case 2: packer.pack(random.next() >> random.below(64)); return;
    case 3:
      packer.pack(-static_cast<std::int64_t>(random.next() >> (1 + random.below(63))));
      return;
    case 4: packer.pack_double(random.uniform()); return;
    case 5:
      packer.pack_bin(size);
      packer.pack_bin_body(text.data(), size);
      return;
    case 6:
      packer.pack_str(size);
      packer.pack_str_body(text.data(), size);
      return;
    case 7: {
      const auto count = static_cast<std::uint32_t>(random.below(20));
      packer.pack_array(count);
      for (std::uint32_t i = 0; i < count; ++i) pack_any(packer, random, depth + 1);
      return;
    }
    default: {
      const auto count = static_cast<std::uint32_t>(random.below(20));
      packer.pack_map(count);
      for (std::uint32_t i = 0; i < 2 * count; ++i) pack_any(packer, random, depth + 1);
    }
  }
}

std::string any_value(Random& random) {
  return theirs([&random](auto& packer) { pack_any(packer, random, 0); });
}

std::string framed(const std::string& value) {
  const auto size = static_cast<std::uint32_t>(value.size());
  std::string frame = "\xc6";
  for (const int shift : {24, 16, 8, 0}) frame += static_cast<char>(size >> shift & 0xff);
  return frame + value;
}

TEST(MsgpackOracle, AnAnswerThatItPacksIsReadAndATaskThatIsWrittenIsWhatItPacks) {
  Random random(test_seed(3));
  const std::unique_ptr<Codec> codec = make_codec(Wire::Msgpack, 1u << 30);
  for (int i = 0; i < 300; ++i) {
    const std::string value = any_value(random);
    const std::uint64_t id = random.next() >> (1 + random.below(63));
    const std::string answer = framed(theirs([&](auto& packer) {
                                        packer.pack_array(3);
                                        packer.pack(id);
                                        packer.pack(std::string("ok"));
                                      }) +
                                      value);
    Decoded decoded;
    codec->decode(as_bytes(answer), false, decoded);
    ASSERT_EQ(decoded.found, Found::Message) << decoded.error;
    EXPECT_EQ(decoded.size, answer.size());
    EXPECT_EQ(number(decoded.message.id), id);
    EXPECT_TRUE(as_text(decoded.message.value) == value);

    Value payload;
    payload.body = Slice::copy_of(as_bytes(value));
    ByteBuffer task;
    ASSERT_TRUE(codec->encode_task(TaskId{id}, payload, task));
    const std::string packed = theirs([&](auto& packer) {
      packer.pack_array(2);
      packer.pack(id);
    });
    EXPECT_TRUE(as_text(task.view()) == framed(packed + value));
  }
}

TEST(MsgpackOracle, AnErrorThatIsMadeIsWhatItPacks) {
  for (const std::size_t size : {0, 31, 32, 255, 256, 70000}) {
    const std::string message(size, 'm');
    const std::string packed = theirs([&message](auto& packer) {
      packer.pack_map(2);
      packer.pack(std::string("type"));
      packer.pack(std::string("Lost"));
      packer.pack(std::string("message"));
      packer.pack(message);
    });
    EXPECT_TRUE(as_text(make_error("Lost", message).body.view()) == packed);
  }
}

}  // namespace
}  // namespace spread::wire
