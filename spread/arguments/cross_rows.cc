#include "spread/arguments/cross_rows.h"

#include <utility>

namespace spread {

CrossRows::CrossRows(std::vector<std::unique_ptr<ItemReader>> readers,
                     const std::vector<bool>& linked)
    : RowReader(std::move(readers)) {
  for (std::size_t i = 0; i < sources(); ++i) {
    if (i == 0 || !linked[i]) groups_.push_back({i, i, {}});
    groups_.back().end = i + 1;
  }
  others_.resize(groups_.size() - 1);
}

Pull CrossRows::next(Item& row) {
  if (is_broken()) return Pull::Broken;
  if (ended_) return Pull::End;
  if (sources() == 1) return read(0, row);
  if (const Pull pull = load(); pull != Pull::Record) return pull;
  if (!have_head_) {
    if (const Pull pull = read_head(); pull != Pull::Record) return pull;
    if (!head_.bad.empty() || others_.empty()) {
      row = std::move(head_);
      return Pull::Record;
    }
    have_head_ = true;
  }
  row.bad.clear();
  builder_.add_values(head_.values.view());
  for (const Item& other : others_) builder_.add_values(other.values.view());
  row.values = builder_.take();
  have_head_ = advance();
  return Pull::Record;
}

/// Record when every group but the first is in its store.
Pull CrossRows::load() {
  for (; loading_ < groups_.size(); ++loading_) {
    Group& group = groups_[loading_];
    if (const Pull pull = load_group(group); pull != Pull::End) return pull;
    if (group.items.empty()) {
      ended_ = true;
      return Pull::End;
    }
  }
  return Pull::Record;
}

Pull CrossRows::load_group(Group& group) {
  Item row;
  while (true) {
    const Pull pull = zip(group, row);
    if (pull != Pull::Record) return pull;
    // The item would be a part of many tasks: the run ends before any of them runs.
    if (!row.bad.empty()) return broken(std::move(row.bad));
    group.items.add(row);
  }
}

Pull CrossRows::read_head() {
  const Pull pull = zip(groups_[0], head_);
  if (pull == Pull::End) ended_ = true;
  if (pull != Pull::Record) return pull;
  for (std::size_t i = 0; i < others_.size(); ++i) {
    groups_[i + 1].items.rewind();
    groups_[i + 1].items.next(others_[i]);
  }
  return pull;
}

/// The next row of a group. What it has of one stays in parts_ while more is needed.
Pull CrossRows::zip(const Group& group, Item& row) {
  while (parts_.size() < group.end - group.first) {
    Item part;
    const Pull pull = read(group.first + parts_.size(), part);
    if (pull == Pull::End) parts_.clear();
    if (pull != Pull::Record) return pull;
    parts_.push_back(std::move(part));
  }
  row.bad.clear();
  for (Item& part : parts_) {
    if (row.bad.empty()) row.bad = std::move(part.bad);
  }
  if (row.bad.empty() && parts_.size() == 1) {
    row.values = std::move(parts_[0].values);
  } else if (row.bad.empty()) {
    for (const Item& part : parts_) zipped_.add_values(part.values.view());
    row.values = zipped_.take();
  }
  parts_.clear();
  return Pull::Record;
}

/// The next combination with the same head; false when there is none.
bool CrossRows::advance() {
  for (std::size_t i = others_.size(); i-- > 0;) {
    ItemStore& items = groups_[i + 1].items;
    const bool was_last = items.at_start();
    items.next(others_[i]);
    if (!was_last) return true;
  }
  return false;
}

}  // namespace spread
