#include "spread/input/shard_input.h"

#include <string>
#include <utility>
#include <vector>

#include "spread/io/system.h"
#include "spread/shards/array_file.h"

namespace spread {

Result<std::unique_ptr<ShardReader>> open_shard_reader(const ShardOptions& options,
                                                       const RecordOptions& records,
                                                       Streams streams) {
  std::vector<Array> arrays;
  for (const std::string& name : options.partitions) {
    const Result<std::string> text = read_file(name, streams.input);
    if (!text) return fail("--partition: " + text.error().message);
    auto array = parse_array(*text, array_form(records), records.delimiter);
    if (!array) return fail("--partition " + name + ": " + array.error().message);
    arrays.push_back(std::move(*array));
  }
  return std::make_unique<ShardReader>(options, std::move(arrays));
}

}  // namespace spread
