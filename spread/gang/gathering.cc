#include "spread/gang/gathering.h"

#include "spread/base/assert.h"
#include "spread/base/buffers.h"
#include "spread/wire/value_writer.h"

namespace spread {

bool is_list(ByteView value) { return wire::array_head(value).bytes > 0; }

Value gather(GatherAs how, const Value& payload, std::span<const Slice> answers) {
  SPREAD_ASSERT(!answers.empty());
  Value value;
  if (how == GatherAs::Root) {
    value.body = answers.front();
    return value;
  }
  ByteBuffer out;
  wire::ValueWriter writer(out);
  if (how == GatherAs::Map) {
    writer.map(answers.size());
  } else {
    std::uint64_t elements = how == GatherAs::Concat ? 0 : answers.size();
    if (how == GatherAs::Concat) {
      for (const Slice& answer : answers) elements += wire::array_head(answer.view()).elements;
    }
    writer.array(elements);
  }
  for (std::uint64_t rank = 0; rank < answers.size(); ++rank) {
    ByteView answer = answers[rank].view();
    if (how == GatherAs::Map) writer.number(rank);
    if (how == GatherAs::ByWorker) {
      writer.map(3);
      writer.text("number");
      writer.number(rank);
      writer.text("parameters");
      writer.array(1);
      writer.encoded(payload);
      writer.text("results");
      writer.array(1);
    }
    if (how == GatherAs::Concat) answer = answer.subspan(wire::array_head(answer).bytes);
    writer.encoded(answer);
  }
  value.body = Slice::copy_of(out.view());
  return value;
}

}  // namespace spread
