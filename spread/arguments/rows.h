#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "spread/arguments/batcher.h"
#include "spread/arguments/item_reader.h"

namespace spread {

/// The rows that several sources make: one item of each, their values one behind the other.
class RowReader {
 public:
  virtual ~RowReader() = default;
  /// NeedMore: of source wanted(). A row with a malformed item is bad.
  virtual Pull next(Item& row) = 0;

  void feed(Slice piece) { readers_[wanted_]->feed(std::move(piece)); }
  void finish() { readers_[wanted_]->finish(); }
  std::size_t wanted() const { return wanted_; }
  const std::string& error() const { return error_; }
  const ItemReader& reader(std::size_t source) const { return *readers_[source]; }
  /// Of the row given last: where its first item is.
  std::string place() const { return readers_[0]->place(); }
  std::size_t sources() const { return readers_.size(); }

 protected:
  explicit RowReader(std::vector<std::unique_ptr<ItemReader>> readers)
      : readers_(std::move(readers)) {}

  /// The next item of a source; takes note of NeedMore and Broken.
  Pull read(std::size_t source, Item& item) {
    const Pull pull = readers_[source]->next(item);
    if (pull == Pull::NeedMore) wanted_ = source;
    if (pull == Pull::Broken) error_ = readers_[source]->error();
    return pull;
  }
  Pull broken(std::string error) {
    error_ = std::move(error);
    return Pull::Broken;
  }
  bool is_broken() const { return !error_.empty(); }

 private:
  std::vector<std::unique_ptr<ItemReader>> readers_;
  std::size_t wanted_ = 0;
  std::string error_;
};

/// Sources that go along (--link, or the first with its :::+) and are crossed with the others.
Result<std::unique_ptr<RowReader>> make_row_reader(const ArgumentSourceOptions& options);

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
