#include "spread/arguments/link_rows.h"

#include <utility>

namespace spread {

LinkRows::LinkRows(std::vector<std::unique_ptr<ItemReader>> readers)
    : RowReader(std::move(readers)), members_(sources()), open_(sources()) {}

Pull LinkRows::next(Item& row) {
  if (is_broken()) return Pull::Broken;
  while (taken_ < members_.size()) {
    if (const Pull pull = read_member(taken_); pull != Pull::Record) return pull;
    ++taken_;
  }
  if (!fresh_) return Pull::End;
  taken_ = 0;
  fresh_ = false;
  row.bad.clear();
  for (Member& member : members_) {
    if (row.bad.empty()) row.bad = member.item.bad;
  }
  if (!row.bad.empty()) {
    row.values = {};
    return Pull::Record;
  }
  for (const Member& member : members_) builder_.add_values(member.item.values.view());
  row.values = builder_.take();
  return Pull::Record;
}

Pull LinkRows::read_member(std::size_t source) {
  Member& member = members_[source];
  if (!member.ended) {
    const Pull pull = read(source, member.item);
    if (pull == Pull::Record) {
      fresh_ = true;
      if (open_ > 1) member.items.add(member.item);
    }
    if (pull != Pull::End) return pull;
    if (open_ == 1) return Pull::End;  // the longest: nothing new can come
    end_member(member);
  }
  if (member.items.empty()) return Pull::End;
  member.items.next(member.item);
  return Pull::Record;
}

void LinkRows::end_member(Member& member) {
  member.ended = true;
  --open_;
  if (open_ > 1) return;
  for (Member& last : members_) {
    if (!last.ended) last.items.clear();
  }
}

}  // namespace spread
