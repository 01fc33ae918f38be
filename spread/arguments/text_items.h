#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "spread/arguments/item_header.h"
#include "spread/arguments/item_place.h"
#include "spread/arguments/item_reader.h"
#include "spread/arguments/payload_builder.h"
#include "spread/arguments/separator.h"
#include "spread/base/byte_buffer.h"
#include "spread/sources/splitter.h"

namespace spread {

/// Items cut at a delimiter, and columns at what --colsep matches.
class TextItems final : public ItemReader {
 public:
  TextItems(const ArgumentSourceOptions& options, ItemPlace place, char delimiter,
            std::optional<Separator> separator);

  void feed(Slice piece) override;
  void finish() override { splitter_.finish(); }
  Pull next(Item& item) override;
  const std::string& error() const override { return error_; }
  std::string place() const override {
    return place_.text(continue_lines_ ? number_ : splitter_.number());
  }
  const std::vector<std::string>& names() const override { return header_.names(); }

 private:
  enum class Taken : std::uint8_t { Item, Again, Broken };

  Pull next_slow(Item& item);
  Taken take(ByteView text, Item& item);
  Taken take_line(ByteView text, Item& item);
  Taken take_too_long(Item& item);
  Taken bad(const std::string& reason, Item& item);

  Splitter splitter_;
  ItemPlace place_;
  std::optional<Separator> separator_;
  Trim trim_;
  bool continue_lines_;
  std::size_t max_record_bytes_;
  ItemHeader header_;
  bool skip_blank_;
  bool plain_;  // an item is just its bytes
  bool look_for_nul_;
  bool nul_seen_ = false;  // in some piece: then every item is looked at
  std::vector<ByteView> columns_;
  ByteBuffer continued_;  // -L: the lines before, of this item
  bool continues_ = false;
  bool too_long_ = false;     // this item, of several lines
  std::uint64_t number_ = 0;  // of its first line
  PayloadBuilder builder_;
  std::string error_;
};

}  // namespace spread
