#include "spread/shards/array_file.h"

#include <string>
#include <utility>

#include "spread/sources/record_reader.h"
#include "spread/wire/json.h"
#include "spread/wire/value_list.h"
#include "spread/wire/value_writer.h"

namespace spread {
namespace {

bool is_json(std::string_view text, ArrayForm form, std::string_view first_bytes) {
  if (form != ArrayForm::ByFirstByte) return form == ArrayForm::Json;
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && first_bytes.find(text[first]) != std::string_view::npos;
}

Array lines_of(std::string_view text, char delimiter) {
  Array array;
  LineReader reader(delimiter, "", text.size());
  if (!text.empty()) reader.feed(Slice::copy_of(as_bytes(text)));
  for (bool finished = false;;) {
    Record record;
    switch (reader.next(record)) {
      case Pull::Record: array.add(record.payload); break;
      case Pull::NeedMore:
        if (!std::exchange(finished, true)) reader.finish();
        break;
      default: return array;
    }
  }
}

}  // namespace

ArrayForm array_form(const RecordOptions& records) {
  if (!records.format_given) return ArrayForm::ByFirstByte;
  return records.format == InputFormat::Json ? ArrayForm::Json : ArrayForm::Lines;
}

Result<Array> parse_array(std::string_view text, ArrayForm form, char delimiter) {
  if (!is_json(text, form, "[")) return lines_of(text, delimiter);
  ByteBuffer json;
  SPREAD_TRY(wire::json_to_msgpack(text, json));
  const wire::ArrayHead head = wire::array_head(json.view());
  if (head.bytes == 0) return fail("it is no JSON array");
  wire::ValueList elements(json.view().subspan(head.bytes));
  Array array;
  for (std::uint64_t i = 0; i < head.elements; ++i) {
    Value element;
    element.body = Slice::copy_of(elements.take());
    array.add(element);
  }
  return array;
}

Result<Value> parse_common(std::string_view text, ArrayForm form, char delimiter) {
  ByteBuffer bytes;
  if (is_json(text, form, "[{")) {
    SPREAD_TRY(wire::json_to_msgpack(text, bytes));
  } else {
    const Array lines = lines_of(text, delimiter);
    wire::ValueWriter writer(bytes);
    writer.array(lines.size());
    writer.encoded(lines.elements(0, lines.size()));
  }
  Value value;
  value.body = Slice::copy_of(bytes.view());
  return value;
}

}  // namespace spread
