#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <span>
#include <string_view>
#include <utility>

namespace spread {

using Byte = std::uint8_t;
using ByteView = std::span<const Byte>;

inline ByteView as_bytes(std::string_view text) {
  return {reinterpret_cast<const Byte*>(text.data()), text.size()};
}
inline std::string_view as_text(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// A reference-counted piece of memory. The count is not atomic: only the event loop's thread uses
/// blocks.
class Block {
 public:
  /// A block with one reference, held by the caller. Its bytes are not initialised.
  static Block* create(std::size_t capacity) {
    void* memory = std::malloc(sizeof(Block) + capacity);
    if (memory == nullptr) throw std::bad_alloc();
    return new (memory) Block(capacity);
  }
  Byte* data() { return reinterpret_cast<Byte*>(this + 1); }
  std::size_t capacity() const { return capacity_; }
  std::uint32_t references() const { return references_; }
  void retain() { ++references_; }
  void release() {
    if (--references_ == 0) std::free(this);
  }

 private:
  explicit Block(std::size_t capacity) : capacity_(capacity) {}
  std::size_t capacity_;
  std::uint32_t references_ = 1;
};

/// A value type: immutable bytes inside a shared Block, or bytes that live for ever (`literal`).
/// Copying costs a count. A small Slice keeps its whole Block alive: copy small bytes that are to
/// be kept for long into an Arena.
class Slice {
 public:
  Slice() = default;
  /// Takes a reference of its own; `bytes` must lie inside `block`.
  Slice(Block* block, ByteView bytes) : block_(block), bytes_(bytes) {
    if (block_ != nullptr) block_->retain();
  }
  Slice(const Slice& other) : Slice(other.block_, other.bytes_) {}
  Slice(Slice&& other) noexcept
      : block_(std::exchange(other.block_, nullptr)), bytes_(std::exchange(other.bytes_, {})) {}
  Slice& operator=(const Slice& other) { return *this = Slice(other); }
  Slice& operator=(Slice&& other) noexcept {
    // Not by way of a third Slice and swaps: this is in every step that a task takes.
    Block* mine = block_;
    block_ = std::exchange(other.block_, nullptr);
    bytes_ = std::exchange(other.bytes_, {});
    if (mine != nullptr && this != &other) mine->release();
    return *this;
  }
  ~Slice() {
    if (block_ != nullptr) block_->release();
  }

  static Slice literal(std::string_view text) { return Slice(nullptr, as_bytes(text)); }
  static Slice copy_of(ByteView bytes) {
    Block* block = Block::create(bytes.size());
    if (!bytes.empty()) std::memcpy(block->data(), bytes.data(), bytes.size());
    Slice slice(block, {block->data(), bytes.size()});
    block->release();
    return slice;
  }

  ByteView view() const { return bytes_; }
  std::size_t size() const { return bytes_.size(); }
  bool empty() const { return bytes_.empty(); }
  Block* block() const { return block_; }

 private:
  Block* block_ = nullptr;
  ByteView bytes_;
};

/// One msgpack value, the form in which payloads, prep items and results pass through the master:
/// up to five bytes of header held inline, then `body`. The split lets a line of input become a
/// msgpack string without being copied. Nothing but spread/wire looks inside.
struct Value {
  Slice body;
  std::array<Byte, 5> head{};
  std::uint8_t head_size = 0;

  std::size_t size() const { return head_size + body.size(); }
  ByteView head_view() const { return {head.data(), head_size}; }
};

}  // namespace spread
