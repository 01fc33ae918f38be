#include "spread/results/result_pair.h"

#include "spread/base/assert.h"
#include "spread/base/buffers.h"
#include "spread/wire/value_list.h"
#include "spread/wire/value_writer.h"

namespace spread {
namespace {

void add(const Value& value, wire::ValueWriter& to) {
  value.size() == 0 ? to.nil() : to.encoded(value);
}

}  // namespace

Value pair_of(const Value& payload, const Value& value) {
  ByteBuffer bytes;
  bytes.prepare(1 + payload.size() + value.size());
  wire::ValueWriter writer(bytes);
  writer.array(2);
  add(payload, writer);
  add(value, writer);
  Value pair;
  pair.body = Slice::copy_of(bytes.view());
  return pair;
}

ResultPair take_pair(const TaskResult& paired) {
  SPREAD_ASSERT(paired.value.head_size == 0);
  const Slice& body = paired.value.body;
  const wire::ArrayHead head = wire::array_head(body.view());
  SPREAD_ASSERT(head.elements == 2);
  wire::ValueList values(body.view().subspan(head.bytes));
  ResultPair pair{paired, paired};
  pair.payload.outcome = Outcome::Ok;
  pair.payload.value.body = Slice(body.block(), values.take());
  pair.result.value.body = Slice(body.block(), values.take());
  return pair;
}

}  // namespace spread
