// The stack machine of pickles, without its functions: nothing is looked up, nothing is called.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "spread/api/bytes.h"
#include "spread/wire/pickle_opcodes.h"

namespace spread::wire {

/// A value of a pickle: the place of the opcode that pushes it (a scalar, or the name of GLOBAL and
/// INST), or a node. Four bytes, so that a list of a hundred million numbers can be held.
class PickleRef {
 public:
  PickleRef() = default;
  static PickleRef of_place(std::size_t at) { return PickleRef(static_cast<std::uint32_t>(at)); }
  static PickleRef of_node(std::size_t index) {
    return PickleRef(kNode | static_cast<std::uint32_t>(index));
  }
  bool is_node() const { return (bits_ & kNode) != 0; }
  std::size_t index() const { return bits_ & ~kNode; }
  std::size_t place() const { return bits_; }
  bool operator==(const PickleRef&) const = default;

 private:
  static constexpr std::uint32_t kNode = 0x80000000;
  explicit PickleRef(std::uint32_t bits) : bits_(bits) {}
  std::uint32_t bits_ = 0;
};

struct PickleNode {
  enum class Kind : std::uint8_t {
    List,
    Tuple,
    Set,
    Dict,  ///< `items`: key, value, key, ...
    Name,  ///< module and name, two texts
    Call,  ///< what would be called, and the tuple of its arguments; `items`: what was added to it
  };
  Kind kind = Kind::List;
  bool pairs = false;      ///< of a Call: `items` are keys and values
  bool has_state = false;  ///< of a Call: BUILD was given a state
  bool odd = false;  ///< of a Call: something else happened to it, so that it is no known value
  PickleRef callee{}, arguments{}, state{};  ///< Name: module in `callee`, name in `arguments`
  std::vector<PickleRef> items;
};

/// What a pickle has made; the places are in its bytes.
struct PickleTree {
  std::vector<PickleNode> nodes;
  PickleRef root;

  const PickleNode* node(PickleRef ref) const {
    return ref.is_node() ? &nodes[ref.index()] : nullptr;
  }
};

/// Runs a pickle that may arrive in pieces; each opcode is looked at once. Memory is in proportion
/// to the bytes that are there.
class PickleMachine {
 public:
  static constexpr std::size_t kMemoMax = std::size_t{1} << 24;
  static constexpr std::size_t kBytesMax = 0x7fffffff;  ///< what a PickleRef can name
  static constexpr std::size_t kNodesMax = std::size_t{1} << 24;

  enum class Step : std::uint8_t { NeedMore, Complete, Broken };

  explicit PickleMachine(std::size_t max_bytes, std::size_t max_nodes = kNodesMax)
      : max_bytes_(std::min(max_bytes, kBytesMax)), max_nodes_(max_nodes) {}

  /// `bytes` begins where it began in the last call, and may be longer. Complete and Broken stay
  /// until reset().
  Step advance(ByteView bytes);
  /// Complete: the pickle's size, with its STOP.
  std::size_t size() const { return at_; }
  /// NeedMore: the least size that it has.
  std::size_t wanted() const { return wanted_; }
  /// Broken: "byte 3 (BINPERSID) is ...".
  const std::string& error() const { return error_; }
  /// Complete.
  const PickleTree& tree() const { return tree_; }
  void reset();

  /// Where the first element of the tuple that was made last lies in the pickle, if that has three:
  /// what these bytes push is that element. `first` is behind a MARK, if the tuple has one.
  struct FirstElement {
    std::size_t mark = 0;  ///< of a marked tuple: the place of its MARK
    bool marked = false;
    std::size_t end = 0;
  };
  std::optional<FirstElement> first_element(PickleRef tuple) const;
  /// The places of the FRAME opcodes.
  const std::vector<std::uint32_t>& frames() const { return frames_; }

 private:
  struct Slot {
    PickleRef ref;
    std::uint32_t start = 0;  ///< the place of the first opcode that belongs to it
  };
  struct Mark {
    std::uint32_t height = 0, start = 0;
  };

  bool execute(const PickleOp& op);
  bool execute_mark(const PickleOp& op);
  bool execute_add(const PickleOp& op);
  bool execute_call(const PickleOp& op);
  bool execute_memo(const PickleOp& op);
  bool execute_control(const PickleOp& op);
  bool push_scalar(const PickleOp& op);
  bool push_node(PickleNode node, std::size_t start);
  bool push_call(PickleRef callee, PickleRef arguments, std::size_t start, bool odd = false);
  bool make_tuple(std::vector<Slot>& items, std::size_t start, bool marked);
  bool pop(Slot& slot);
  bool pop_to_mark(std::vector<Slot>& items, std::size_t& start);
  bool add(std::span<const Slot> items, bool pairs);
  bool build(PickleRef state);
  bool put(std::uint64_t index);
  bool get(std::uint64_t index);
  bool failed(std::string why);
  bool underflow() { return failed("needs a value that is not there"); }
  std::size_t floor() const { return marks_.empty() ? 0 : marks_.back().height; }
  static std::vector<PickleRef> refs(std::span<const Slot> slots);

  std::size_t max_bytes_;
  std::size_t max_nodes_;
  std::size_t at_ = 0;
  std::size_t wanted_ = 1;
  std::size_t searched_ = 0;
  Step step_ = Step::NeedMore;
  std::string error_;
  bool stopped_ = false;
  PickleOp op_;  ///< the present one
  PickleTree tree_;
  std::vector<Slot> stack_;
  std::vector<Mark> marks_;
  std::vector<PickleRef> memo_;
  std::vector<bool> memoized_;
  std::size_t memo_count_ = 0;
  std::vector<std::uint32_t> frames_;
  bool has_protocol_ = false;
  PickleRef triple_{};
  FirstElement first_of_triple_;
  bool has_triple_ = false;
  std::string scratch_;
  std::vector<Slot> taken_;
};

}  // namespace spread::wire
