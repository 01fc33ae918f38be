#include "spread/wire/pickle_machine.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "spread/base/assert.h"

namespace spread::wire {
namespace {

constexpr int kProtocolMax = 5;
/// A pickler numbers what it remembers, and each of these has a byte at least; but it may have
/// written other pickles before.
constexpr std::size_t kMemoAhead = 65536;
/// More than this is given back behind a large pickle: a worker must not hold it for its life.
constexpr std::size_t kKept = 4096;

template <typename T>
void forget(std::vector<T>& items) {
  items.clear();
  if (items.capacity() > kKept) items.shrink_to_fit();
}

bool parse_index(ByteView digits, std::uint64_t& index) {
  const std::string_view text = as_text(digits);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

PickleMachine::Step PickleMachine::advance(ByteView bytes) {
  while (step_ == Step::NeedMore) {
    switch (scan_pickle_op(bytes, at_, max_bytes_, searched_, op_)) {
      case PickleScan::NeedMore: wanted_ = op_.end; return step_;
      case PickleScan::Complete:
        at_ = op_.end;
        if (!execute(op_)) return step_ = Step::Broken;
        if (stopped_) step_ = Step::Complete;
        break;
      case PickleScan::Unknown: failed("is no opcode"); return step_ = Step::Broken;
      case PickleScan::TooLong:
        failed(fmt::format("goes beyond --max-frame {}", max_bytes_));
        return step_ = Step::Broken;
    }
  }
  return step_;
}

void PickleMachine::reset() {
  at_ = searched_ = memo_count_ = 0;
  wanted_ = 1;
  step_ = Step::NeedMore;
  error_.clear();
  stopped_ = has_protocol_ = has_triple_ = false;
  forget(tree_.nodes);
  forget(stack_);
  forget(marks_);
  forget(memo_);
  forget(frames_);
  forget(taken_);
  memoized_.clear();
}

bool PickleMachine::failed(std::string why) {
  const std::string_view name = pickle_code_name(static_cast<Byte>(op_.code));
  error_ = name.empty() ? fmt::format("byte {} {}", op_.at + 1, why)
                        : fmt::format("byte {} ({}) {}", op_.at + 1, name, why);
  return false;
}

std::optional<PickleMachine::FirstElement> PickleMachine::first_element(PickleRef tuple) const {
  if (!has_triple_ || triple_ != tuple) return std::nullopt;
  return first_of_triple_;
}

// ---------------------------------------------------------------- the stack

bool PickleMachine::push_scalar(const PickleOp& op) {
  Token token;
  if (!read_pickle_scalar(op, scratch_, token)) return failed("has a malformed argument");
  stack_.push_back({PickleRef::of_place(op.at), static_cast<std::uint32_t>(op.at)});
  return true;
}

bool PickleMachine::push_node(PickleNode node, std::size_t start) {
  if (tree_.nodes.size() == max_nodes_) {
    return failed(
        fmt::format("is container or call {}, of at most {}", max_nodes_ + 1, max_nodes_));
  }
  stack_.push_back({PickleRef::of_node(tree_.nodes.size()), static_cast<std::uint32_t>(start)});
  tree_.nodes.push_back(std::move(node));
  return true;
}

bool PickleMachine::push_call(PickleRef callee, PickleRef arguments, std::size_t start, bool odd) {
  PickleNode call;
  call.kind = PickleNode::Kind::Call;
  call.callee = callee;
  call.arguments = arguments;
  call.odd = odd;
  return push_node(std::move(call), start);
}

bool PickleMachine::pop(Slot& slot) {
  if (stack_.size() <= floor()) return underflow();
  slot = stack_.back();
  stack_.pop_back();
  return true;
}

bool PickleMachine::pop_to_mark(std::vector<Slot>& items, std::size_t& start) {
  if (marks_.empty()) return failed("needs a MARK that is not there");
  const Mark mark = marks_.back();
  marks_.pop_back();
  items.assign(stack_.begin() + mark.height, stack_.end());
  stack_.resize(mark.height);
  start = mark.start;
  return true;
}

std::vector<PickleRef> PickleMachine::refs(std::span<const Slot> slots) {
  std::vector<PickleRef> found;
  found.reserve(slots.size());
  for (const Slot& slot : slots) found.push_back(slot.ref);
  return found;
}

bool PickleMachine::make_tuple(std::vector<Slot>& items, std::size_t start, bool marked) {
  PickleNode tuple;
  tuple.kind = PickleNode::Kind::Tuple;
  tuple.items = refs(items);
  if (!push_node(std::move(tuple), start)) return false;
  has_triple_ = items.size() == 3;
  if (!has_triple_) return true;
  triple_ = stack_.back().ref;
  first_of_triple_ = {start, marked, items[1].start};
  return true;
}

/// To the list, set, dict or object on top of the stack.
bool PickleMachine::add(std::span<const Slot> items, bool pairs) {
  using Kind = PickleNode::Kind;
  if (stack_.size() <= floor()) return underflow();
  if (pairs && items.size() % 2 != 0) return failed("has a key without a value");
  const PickleRef top = stack_.back().ref;
  if (!top.is_node()) return failed("adds to what is no container");
  PickleNode& node = tree_.nodes[top.index()];
  const bool fits =
      node.kind == Kind::Call ||
      (pairs ? node.kind == Kind::Dict : node.kind == Kind::List || node.kind == Kind::Set);
  if (!fits) return failed("adds to what is no such container");
  if (node.kind == Kind::Call) {
    node.odd |= !node.items.empty() && node.pairs != pairs;
    node.pairs = pairs;
  }
  for (const Slot& item : items) node.items.push_back(item.ref);
  return true;
}

bool PickleMachine::build(PickleRef state) {
  if (stack_.size() <= floor()) return underflow();
  const PickleRef top = stack_.back().ref;
  if (!top.is_node() || tree_.nodes[top.index()].kind != PickleNode::Kind::Call) {
    return failed("gives a state to what is no object");
  }
  PickleNode& object = tree_.nodes[top.index()];
  object.odd |= object.has_state;
  object.has_state = true;
  object.state = state;
  return true;
}

// ---------------------------------------------------------------- opcodes

bool PickleMachine::execute(const PickleOp& op) {
  PickleNode node;
  Slot slot;
  switch (op.code) {
    case PickleCode::EmptyList: return push_node(std::move(node), op.at);
    case PickleCode::EmptyTuple: taken_.clear(); return make_tuple(taken_, op.at, false);
    case PickleCode::EmptyDict: node.kind = PickleNode::Kind::Dict; break;
    case PickleCode::EmptySet: node.kind = PickleNode::Kind::Set; break;
    case PickleCode::List:
    case PickleCode::Tuple:
    case PickleCode::Dict:
    case PickleCode::FrozenSet:
    case PickleCode::PopMark: return execute_mark(op);
    case PickleCode::Append:
    case PickleCode::Appends:
    case PickleCode::AddItems:
    case PickleCode::SetItem:
    case PickleCode::SetItems: return execute_add(op);
    case PickleCode::Tuple1:
    case PickleCode::Tuple2:
    case PickleCode::Tuple3: {
      const std::size_t count =
          static_cast<std::size_t>(op.code) - static_cast<std::size_t>(PickleCode::Tuple1) + 1;
      if (stack_.size() < floor() + count) return underflow();
      taken_.assign(stack_.end() - static_cast<std::ptrdiff_t>(count), stack_.end());
      stack_.resize(stack_.size() - count);
      return make_tuple(taken_, taken_.front().start, false);
    }
    case PickleCode::Reduce:
    case PickleCode::NewObj:
    case PickleCode::NewObjEx:
    case PickleCode::Obj:
    case PickleCode::Inst:
    case PickleCode::StackGlobal:
    case PickleCode::Build: return execute_call(op);
    case PickleCode::Get:
    case PickleCode::BinGet:
    case PickleCode::LongBinGet:
    case PickleCode::Put:
    case PickleCode::BinPut:
    case PickleCode::LongBinPut:
    case PickleCode::Memoize: return execute_memo(op);
    case PickleCode::Mark:
      marks_.push_back(
          {static_cast<std::uint32_t>(stack_.size()), static_cast<std::uint32_t>(op.at)});
      return true;
    case PickleCode::Pop:
      if (marks_.empty() || marks_.back().height != stack_.size()) return pop(slot);
      marks_.pop_back();
      return true;
    case PickleCode::Dup:
      if (stack_.size() <= floor()) return underflow();
      stack_.push_back({stack_.back().ref, static_cast<std::uint32_t>(op.at)});
      return true;
    case PickleCode::Proto:
    case PickleCode::Frame:
    case PickleCode::Stop:
    case PickleCode::PersId:
    case PickleCode::BinPersId:
    case PickleCode::Ext1:
    case PickleCode::Ext2:
    case PickleCode::Ext4:
    case PickleCode::NextBuffer:
    case PickleCode::ReadonlyBuffer: return execute_control(op);
    default: return push_scalar(op);
  }
  return push_node(std::move(node), op.at);
}

/// What takes all that lies above the last mark.
bool PickleMachine::execute_mark(const PickleOp& op) {
  std::size_t start = 0;
  if (!pop_to_mark(taken_, start)) return false;
  PickleNode node;
  switch (op.code) {
    case PickleCode::PopMark: return true;
    case PickleCode::Tuple: return make_tuple(taken_, start, true);
    case PickleCode::Dict:
      if (taken_.size() % 2 != 0) return failed("has a key without a value");
      node.kind = PickleNode::Kind::Dict;
      break;
    case PickleCode::FrozenSet: node.kind = PickleNode::Kind::Set; break;
    default: break;
  }
  node.items = refs(taken_);
  return push_node(std::move(node), start);
}

bool PickleMachine::execute_add(const PickleOp& op) {
  std::size_t start = 0;
  const bool pairs = op.code == PickleCode::SetItem || op.code == PickleCode::SetItems;
  if (op.code != PickleCode::Append && op.code != PickleCode::SetItem) {
    return pop_to_mark(taken_, start) && add(taken_, pairs);
  }
  taken_.resize(pairs ? 2 : 1);
  if (!pop(taken_.back())) return false;
  if (pairs && !pop(taken_.front())) return false;
  return add(taken_, pairs);
}

bool PickleMachine::execute_call(const PickleOp& op) {
  Slot callee, arguments, more;
  std::size_t start = 0;
  switch (op.code) {
    case PickleCode::Build: return pop(more) && build(more.ref);
    case PickleCode::NewObjEx: {
      if (!pop(more) || !pop(arguments) || !pop(callee)) return false;
      const PickleNode* const named = tree_.node(more.ref);
      const bool none = named != nullptr && named->items.empty();
      return push_call(callee.ref, arguments.ref, callee.start, !none);
    }
    case PickleCode::StackGlobal: {
      if (!pop(arguments) || !pop(callee)) return false;
      if (arguments.ref.is_node() || callee.ref.is_node())
        return failed("has a name that is no text");
      PickleNode name;
      name.kind = PickleNode::Kind::Name;
      name.callee = callee.ref;
      name.arguments = arguments.ref;
      return push_node(std::move(name), callee.start);
    }
    case PickleCode::Inst:
    case PickleCode::Obj: {
      if (!pop_to_mark(taken_, start)) return false;
      const bool inst = op.code == PickleCode::Inst;
      if (!inst && taken_.empty()) return underflow();
      const PickleRef what = inst ? PickleRef::of_place(op.at) : taken_.front().ref;
      if (!inst) taken_.erase(taken_.begin());
      if (!make_tuple(taken_, start, false) || !pop(arguments)) return false;
      return push_call(what, arguments.ref, start);
    }
    default:
      if (!pop(arguments) || !pop(callee)) return false;
      return push_call(callee.ref, arguments.ref, callee.start);
  }
}

bool PickleMachine::put(std::uint64_t index) {
  if (stack_.size() <= floor()) return underflow();
  if (index >= kMemoMax || index > at_ + kMemoAhead) {
    return failed(fmt::format("is for memo entry {}, which is out of all proportion", index));
  }
  if (index >= memo_.size()) {
    memo_.resize(index + 1);
    memoized_.resize(index + 1);
  }
  if (!memoized_[index]) ++memo_count_;
  memoized_[index] = true;
  memo_[index] = stack_.back().ref;
  return true;
}

bool PickleMachine::get(std::uint64_t index) {
  if (index >= memo_.size() || !memoized_[index]) {
    return failed(fmt::format("asks for memo entry {}, which is not there", index));
  }
  stack_.push_back({memo_[index], static_cast<std::uint32_t>(op_.at)});
  return true;
}

bool PickleMachine::execute_memo(const PickleOp& op) {
  std::uint64_t index = 0;
  switch (op.code) {
    case PickleCode::Memoize: return put(memo_count_);
    case PickleCode::Get:
    case PickleCode::Put:
      if (!parse_index(op.argument, index)) return failed("has a malformed argument");
      return op.code == PickleCode::Get ? get(index) : put(index);
    case PickleCode::BinGet:
    case PickleCode::LongBinGet: return get(load_little(op.argument));
    default: return put(load_little(op.argument));
  }
}

bool PickleMachine::execute_control(const PickleOp& op) {
  switch (op.code) {
    case PickleCode::Proto:
      if (op.argument[0] > kProtocolMax) {
        return failed(
            fmt::format("is for protocol {}; 0 to {} are known", op.argument[0], kProtocolMax));
      }
      // Behind what begins without one, it is another pickle: the bytes before were a print.
      if (op.at > 0 && !has_protocol_) return failed("stands behind what is no pickle");
      has_protocol_ = true;
      return true;
    case PickleCode::Frame:
      if (load_little(op.argument) > max_bytes_) {
        return failed(fmt::format("goes beyond --max-frame {}", max_bytes_));
      }
      frames_.push_back(static_cast<std::uint32_t>(op.at));
      return true;
    case PickleCode::Stop:
      if (stack_.size() != 1 || !marks_.empty()) {
        return failed(
            fmt::format("ends with {} values on the stack, and not with one", stack_.size()));
      }
      tree_.root = stack_.back().ref;
      stopped_ = true;
      return true;
    case PickleCode::PersId:
    case PickleCode::BinPersId:
      return failed("is a persistent id, which says something to its own program only");
    case PickleCode::NextBuffer:
    case PickleCode::ReadonlyBuffer:
      return failed("is for a buffer out of band, which is not here");
    default: return failed("is an extension code, which says something to its own program only");
  }
}

}  // namespace spread::wire
