#include "spread/sources/record_reader.h"

#include <utility>

#include "spread/sources/csv_rows.h"
#include "spread/sources/json_reader.h"
#include "spread/sources/line_reader.h"
#include "spread/sources/msgpack_reader.h"

namespace spread {

std::unique_ptr<RecordReader> make_record_reader(const RecordOptions& options, std::string name,
                                                 std::size_t max_record_bytes) {
  switch (options.format) {
    case InputFormat::Lines:
      return std::make_unique<LineReader>(options.delimiter, std::move(name), max_record_bytes);
    case InputFormat::Json: return std::make_unique<JsonReader>(std::move(name), max_record_bytes);
    case InputFormat::Msgpack:
      return std::make_unique<MsgpackReader>(std::move(name), max_record_bytes);
    case InputFormat::Csv: return std::make_unique<CsvReader>(std::move(name), max_record_bytes);
  }
  return nullptr;
}

}  // namespace spread
