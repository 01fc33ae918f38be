#include "spread/arguments/rows.h"

#include <utility>

#include "spread/base/assert.h"

namespace spread {

Result<std::unique_ptr<RowReader>> make_row_reader(const ArgumentSourceOptions& options) {
  SPREAD_ASSERT(!options.sources.empty());
  std::vector<std::unique_ptr<ItemReader>> readers;
  std::vector<bool> linked;
  for (const ArgumentSourceOptions::Source& source : options.sources) {
    auto reader = make_item_reader(options, source);
    if (!reader) return tl::unexpected(reader.error());
    readers.push_back(std::move(*reader));
    linked.push_back(source.linked);
  }
  if (options.link_all && readers.size() > 1) return std::make_unique<LinkRows>(std::move(readers));
  return std::make_unique<CrossRows>(std::move(readers), linked);
}

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
