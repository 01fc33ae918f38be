// Pickles as values: what a tree of the inert machine stands for, in msgpack (docs/pickle.md,
// "Reading pickles").
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "spread/api/bytes.h"
#include "spread/base/buffers.h"
#include "spread/wire/pickle_machine.h"

namespace spread::wire {

/// The number of the extension type of msgpack that holds a pickle.
inline constexpr std::int8_t kPickleExt = 80;

/// An ext with the pickle in it.
void append_pickle_ext(ByteView pickle, ByteBuffer& out);

/// A tree, and the bytes that its places are in.
struct PickleSource {
  ByteView bytes;
  const PickleTree& tree;

  const PickleNode* node(PickleRef ref) const { return tree.node(ref); }
  /// None where `ref` is no scalar, or none that msgpack has. The text may be in `scratch`.
  Token scalar(PickleRef ref, std::string& scratch) const;
  /// Of bytes in whatever form pickles have them: the text of Python 2, `_codecs.encode`.
  bool bytes_of(PickleRef ref, std::string& out) const;
};

/// What a call would make: "collections", "OrderedDict", and with which arguments. Both empty where
/// the callee has no name. copy_reg's functions have been seen through.
struct PickleClass {
  std::string module, name;
  std::span<const PickleRef> arguments;

  /// Behind the last dot.
  std::string_view last_name() const;
};
PickleClass class_of(const PickleSource& source, const PickleNode& call);

/// What a call is known to be. Pointers go into the tree.
struct PickleMeaning {
  enum class Kind : std::uint8_t {
    Unknown,
    Array,    ///< the items of both lists
    Map,      ///< `first` and `second` hold keys and values
    PairMap,  ///< of a list of pairs
    Encoded,  ///< one value in msgpack
  };
  Kind kind = Kind::Unknown;
  const std::vector<PickleRef>* first = nullptr;
  const std::vector<PickleRef>* second = nullptr;
  std::string encoded;
};
PickleMeaning meaning_of(const PickleSource& source, const PickleNode& call);

enum class PickleFit : std::uint8_t {
  Fits,
  Foreign,  ///< it has something that msgpack does not have, or holds itself
  TooDeep,
  TooLong,  ///< with what it shares written out
};

/// One value to msgpack. What is shared is measured once, and nothing is written before the size of
/// all is known: a pickle of 200 bytes may stand for 2^40.
class PickleConverter {
 public:
  PickleConverter(const PickleSource& source, std::size_t max_bytes);

  /// Appends the value if it Fits.
  PickleFit convert(PickleRef ref, ByteBuffer& out);

 private:
  struct Measured {
    enum class State : std::uint8_t { No, Open, Done };
    std::uint64_t size = 0;
    std::uint16_t height = 0;
    State state = State::No;
  };

  PickleFit measure(PickleRef ref, std::size_t depth, Measured& measured);
  PickleFit measure_node(const PickleNode& node, std::size_t depth, Measured& measured);
  PickleFit measure_items(std::span<const PickleRef> items, std::size_t depth, Measured& measured);
  PickleFit measure_call(const PickleNode& call, std::size_t depth, Measured& measured);
  void write(PickleRef ref, ByteBuffer& out);
  void write_items(const std::vector<PickleRef>* items, ByteBuffer& out);
  void write_node(const PickleNode& node, ByteBuffer& out);
  void write_call(const PickleNode& call, ByteBuffer& out);

  PickleSource source_;
  std::size_t max_bytes_;
  std::vector<Measured> measured_;  ///< of each node
  std::string scratch_;
};

}  // namespace spread::wire
