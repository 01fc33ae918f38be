#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "spread/arguments/payload_builder.h"
#include "spread/arguments/row_reader.h"

namespace spread {

/// All combinations, the first source changing slowest. A source and those that are linked to it
/// (:::+) are one here: as many rows as the shortest of them has items. The first such group is
/// streamed; what the others hold is kept.
class CrossRows final : public RowReader {
 public:
  /// `linked`: of each source, whether it goes along with the one before.
  CrossRows(std::vector<std::unique_ptr<ItemReader>> readers, const std::vector<bool>& linked);

  Pull next(Item& row) override;

 private:
  struct Group {
    std::size_t first, end;  // its sources
    ItemStore items;         // not of the first group
  };

  Pull load();
  Pull load_group(Group& group);
  Pull read_head();
  Pull zip(const Group& group, Item& row);
  bool advance();

  std::vector<Group> groups_;
  std::size_t loading_ = 1;   // the group that is being read into its store
  std::vector<Item> parts_;   // of the row that is being zipped
  Item head_;                 // the present row of the first group
  std::vector<Item> others_;  // and of each other
  bool have_head_ = false;
  bool ended_ = false;
  PayloadBuilder zipped_;
  PayloadBuilder builder_;
};

}  // namespace spread
