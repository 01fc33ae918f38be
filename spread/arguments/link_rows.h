#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "spread/arguments/payload_builder.h"
#include "spread/arguments/row_reader.h"

namespace spread {

/// --link: all sources go along, as many rows as the longest has items; the shorter begin again.
/// Of every source that may turn out to be shorter than another the items are kept; once one alone
/// has not ended it is streamed. A source without items leaves no rows.
class LinkRows final : public RowReader {
 public:
  explicit LinkRows(std::vector<std::unique_ptr<ItemReader>> readers);

  Pull next(Item& row) override;

 private:
  struct Member {
    ItemStore items;
    Item item;  // for the row that is being put together
    bool ended = false;
  };

  Pull read_member(std::size_t source);
  void end_member(Member& member);

  std::vector<Member> members_;
  std::size_t open_;       // members that have not ended
  std::size_t taken_ = 0;  // members whose item for the present row is there
  bool fresh_ = false;     // one of those items is new
  PayloadBuilder builder_;
};

}  // namespace spread
