#include "spread/gang/gathering.h"

#include <array>

#include "spread/base/assert.h"
#include "spread/base/buffers.h"
#include "spread/wire/msgpack.h"

namespace spread {
namespace {

template <typename Put>
void add_head(ByteBuffer& out, Put put, std::uint64_t number) {
  std::array<Byte, wire::kMaxScalarBytes> head;
  Byte* const end = put(head.data(), number);
  out.append({head.data(), static_cast<std::size_t>(end - head.data())});
}

struct ArrayHead {
  std::size_t bytes = 0;
  std::uint64_t elements = 0;
};

/// Of one whole value; no bytes if it is no array.
ArrayHead array_head(ByteView value) {
  const Byte* at = value.data();
  const wire::Token token = wire::next_token(at, at + value.size());
  if (token.type != wire::TokenType::Array) return {};
  return {static_cast<std::size_t>(at - value.data()), token.number};
}

}  // namespace

bool is_list(ByteView value) { return array_head(value).bytes > 0; }

Value gather(GatherAs how, std::span<const Slice> answers) {
  SPREAD_ASSERT(!answers.empty());
  Value value;
  if (how == GatherAs::Root) {
    value.body = answers.front();
    return value;
  }
  ByteBuffer out;
  if (how == GatherAs::Map) {
    add_head(out, wire::put_map_header, answers.size());
  } else {
    std::uint64_t elements = how == GatherAs::List ? answers.size() : 0;
    if (how == GatherAs::Concat) {
      for (const Slice& answer : answers) elements += array_head(answer.view()).elements;
    }
    add_head(out, wire::put_array_header, elements);
  }
  for (std::uint64_t rank = 0; rank < answers.size(); ++rank) {
    ByteView answer = answers[rank].view();
    if (how == GatherAs::Map) add_head(out, wire::put_unsigned, rank);
    if (how == GatherAs::Concat) answer = answer.subspan(array_head(answer).bytes);
    out.append(answer);
  }
  value.body = Slice::copy_of(out.view());
  return value;
}

}  // namespace spread
