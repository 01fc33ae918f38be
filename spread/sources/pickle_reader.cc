#include "spread/sources/pickle_reader.h"

#include <fmt/format.h>

#include "spread/wire/pickle_value.h"

namespace spread {

std::string PickleReader::place(const std::string& what) const {
  return fmt::format("{} offset {}: the pickle that begins here {}", name_, offset_, what);
}

Pull PickleReader::broken(const std::string& what) {
  error_ = place(what);
  machine_.reset();
  unread_.clear();
  unread_.shrink();
  return Pull::Broken;
}

Pull PickleReader::next(Record& record) {
  if (!error_.empty()) return Pull::Broken;
  switch (machine_.advance(unread_.view())) {
    case wire::PickleMachine::Step::NeedMore:
      if (!finished_) return Pull::NeedMore;
      if (unread_.empty()) return Pull::End;
      return broken(fmt::format("is cut off after {} bytes", unread_.size()));
    case wire::PickleMachine::Step::Broken: return broken("is none: " + machine_.error());
    case wire::PickleMachine::Step::Complete: break;
  }
  const std::size_t size = machine_.size();
  give(unread_.view().first(size), record);
  machine_.reset();
  unread_.consume(size);
  offset_ += size;
  return Pull::Record;
}

void PickleReader::give(ByteView pickle, Record& record) {
  record.payload = {};
  record.bad.clear();
  scratch_.clear();
  wire::PickleFit fit = wire::PickleFit::Foreign;
  if (!verbatim_) {
    const wire::PickleSource source{pickle, machine_.tree()};
    fit = wire::PickleConverter(source, max_record_bytes_).convert(source.tree.root, scratch_);
  }
  switch (fit) {
    case wire::PickleFit::Foreign: wire::append_pickle_ext(pickle, scratch_); break;
    case wire::PickleFit::Fits: break;
    case wire::PickleFit::TooDeep:
      record.bad = place(fmt::format("is nested deeper than {}", wire::kMaxDepth));
      return;
    case wire::PickleFit::TooLong:
      record.bad = place(fmt::format("has more than {} bytes, with what it shares written out",
                                     max_record_bytes_));
      return;
  }
  record.payload.body = arena_.copy(scratch_.view());
}

}  // namespace spread
