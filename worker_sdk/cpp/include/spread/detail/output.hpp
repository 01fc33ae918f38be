#pragma once

#include "spread/detail/input.hpp"

#include <limits.h>
#include <sys/uio.h>

#include <atomic>
#include <mutex>
#include <span>
#include <string_view>
#include <vector>

namespace spread::detail {

/// Frames to a descriptor, several in one write.
///
/// The thread that serves builds frames at the end of a buffer and publishes each by moving
/// `ready_` behind it, without a lock. A thread that writes to the descriptor holds the lock, and
/// writes what lies between `sent_` and `ready_`: whole frames, each once. Only the thread that
/// serves moves the buffer or starts it anew, and holds the lock for that.
class Output {
 public:
  explicit Output(int fd) : fd_(fd), buffer_(allocate(kPipeBytes)) {
    cursor_ = start_ = buffer_.get();
    limit_ = cursor_ + kPipeBytes;
  }
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  /// Starts the frame of an array of `elements`, the first two of which are these.
  void begin(std::string_view id, std::string_view kind, unsigned elements = 3) {
    reserve(kHeaderBytes + 1 + kIdMax + 1 + kind.size());
    start_ = cursor_;
    *cursor_ = '\xc6';
    cursor_[kHeaderBytes] = static_cast<char>(0x90 | elements);
    // Copies kIdMax bytes; the next write overwrites what is too much. A copy whose length is known
    // only at run time would be a call.
    std::memcpy(cursor_ + kHeaderBytes + 1, id.data(), kIdMax);
    cursor_ += kHeaderBytes + 1 + id.size();
    *cursor_++ = static_cast<char>(0xa0 | kind.size());
    std::memcpy(cursor_, kind.data(), kind.size());
    cursor_ += kind.size();
  }

  /// Appends to the frame. With this member an Output is a stream for msgpack::packer. As a call it
  /// would cost a small task a twentieth of its instructions.
  [[gnu::always_inline]] void write(const char* bytes, std::size_t size) {
    reserve(size);
    // msgpack-c hands over null for empty text, which memcpy must not see.
    if (size > 0) std::memcpy(cursor_, bytes, size);
    cursor_ += size;
  }

  /// The same for one value that may be big; `bytes` must live until end().
  void write_value(std::string_view bytes) {
    if (bytes.size() < kPipeBytes) return write(bytes.data(), bytes.size());
    by_reference_ = bytes;
    split_ = static_cast<std::size_t>(cursor_ - buffer_.get());
  }

  /// Makes room for elements that were not announced.
  void set_elements(unsigned elements) {
    start_[kHeaderBytes] = static_cast<char>(0x90 | elements);
  }

  /// Ends the frame, and publishes it.
  void end() {
    const std::size_t size =
        static_cast<std::size_t>(cursor_ - start_) - kHeaderBytes + by_reference_.size();
    if (size > kPipeBytes) [[unlikely]]
      prepare_for_big(size);
    store_big_endian(start_ + 1, static_cast<std::uint32_t>(size));
    *cursor_++ = '\n';  // reserve() leaves room for it
    if (!by_reference_.empty()) return send_split();
    ready_.store(static_cast<std::size_t>(cursor_ - buffer_.get()), std::memory_order_release);
  }

  /// Forgets the frame that was begun.
  void abandon() {
    cursor_ = buffer_.get() + ready_.load(std::memory_order_relaxed);
    by_reference_ = {};
  }

  std::size_t held() const { return static_cast<std::size_t>(cursor_ - buffer_.get()); }

  /// Sends what is held back. Between frames only.
  void flush() {
    if (cursor_ == buffer_.get()) return;
    const std::lock_guard lock(mutex_);
    send_ready();
    restart();
  }

  /// Any thread: sends a frame, in pieces, behind what is held back.
  void send(std::span<const std::string_view> frame) {
    std::vector<iovec> parts;
    parts.reserve(frame.size());
    for (const std::string_view piece : frame) {
      parts.push_back({const_cast<char*>(piece.data()), piece.size()});
    }
    const std::lock_guard lock(mutex_);
    send_ready();
    write_all(parts.data(), static_cast<int>(parts.size()));
  }

  /// Any thread: the same, unless another one is writing just now.
  void send_if_free(std::string_view frame) {
    const std::unique_lock lock(mutex_, std::try_to_lock);
    if (!lock) return;
    send_ready();
    iovec part{const_cast<char*>(frame.data()), frame.size()};
    write_all(&part, 1);
  }

  /// Any thread: sends what is held back.
  void send_held() {
    const std::lock_guard lock(mutex_);
    send_ready();
  }

  /// The watchdog's: the same, unless another thread is writing just now, which sends it, too; to
  /// wait for that thread would make every unlock a system call. True if anything was sent since
  /// the last time.
  bool rescue() {
    const std::unique_lock lock(mutex_, std::try_to_lock);
    if (!lock) return false;
    send_ready();
    return std::exchange(used_, false);
  }

  /// No process reads any more, or the disk is full: nothing is written from then on.
  bool broken() const { return broken_.load(std::memory_order_relaxed); }

 private:
  void reserve(std::size_t size) {
    if (static_cast<std::size_t>(limit_ - cursor_) <= size) grow(size);
  }

  [[gnu::noinline, gnu::cold]] void grow(std::size_t size) {
    const std::lock_guard lock(mutex_);
    const std::size_t used = held();
    const std::size_t capacity = 2 * (used + size) + 1;
    Buffer larger = allocate(capacity);
    std::memcpy(larger.get(), buffer_.get(), used);
    start_ = larger.get() + (start_ - buffer_.get());
    buffer_ = std::move(larger);
    cursor_ = buffer_.get() + used;
    limit_ = buffer_.get() + capacity;
  }

  [[gnu::noinline, gnu::cold]] void prepare_for_big(std::size_t size) {
    if (size > kFrameMax) {
      throw std::length_error("the answer has " + std::to_string(size) +
                              " bytes, and a frame at most " + std::to_string(kFrameMax));
    }
    if (!std::exchange(enlarged_, true)) enlarge_pipe(fd_);
  }

  [[gnu::noinline]] void send_split() {
    const std::lock_guard lock(mutex_);
    char* const split = buffer_.get() + split_;
    char* const unsent = buffer_.get() + sent_;
    iovec parts[3] = {{unsent, static_cast<std::size_t>(split - unsent)},
                      {const_cast<char*>(by_reference_.data()), by_reference_.size()},
                      {split, static_cast<std::size_t>(cursor_ - split)}};
    write_all(parts, 3);
    by_reference_ = {};
    restart();
  }

  // The members below are called with the lock held.

  void send_ready() {
    const std::size_t ready = ready_.load(std::memory_order_acquire);
    if (ready == sent_) return;
    iovec part{buffer_.get() + sent_, ready - sent_};
    write_all(&part, 1);
    sent_ = ready;
  }

  void restart() {
    if (static_cast<std::size_t>(limit_ - buffer_.get()) > kKeptBytes) {
      buffer_ = allocate(kPipeBytes);
      limit_ = buffer_.get() + kPipeBytes;
    }
    cursor_ = start_ = buffer_.get();
    sent_ = 0;
    ready_.store(0, std::memory_order_relaxed);
  }

  void write_all(iovec* parts, int count) {
    used_ = true;
    while (!broken()) {
      while (count > 0 && parts->iov_len == 0) ++parts, --count;
      if (count == 0) return;
      const ssize_t written = writev(fd_, parts, std::min(count, IOV_MAX));
      if (written < 0) {
        handle_write_error();
        continue;
      }
      auto done = static_cast<std::size_t>(written);
      for (int i = 0; i < count && done > 0; ++i) {
        const std::size_t step = std::min(done, parts[i].iov_len);
        parts[i].iov_base = static_cast<char*>(parts[i].iov_base) + step;
        parts[i].iov_len -= step;
        done -= step;
      }
    }
  }

  void handle_write_error() {
    if (errno == EINTR) return;
    if (errno == EAGAIN) return wait_for(fd_, POLLOUT);
    // Says nothing when the master is gone: no user would read it. A full disk behind a plain file
    // is worth a message.
    if (errno != EPIPE && errno != ECONNRESET) {
      std::fputs(complaint(std::string("write answers: ") + std::strerror(errno)).c_str(), stderr);
    }
    broken_ = true;
  }

  const int fd_;
  std::mutex mutex_;
  Buffer buffer_;
  char* limit_ = nullptr;
  char* start_ = nullptr;   ///< Of the frame that is being built.
  char* cursor_ = nullptr;  ///< Its end so far.
  std::string_view by_reference_;
  std::size_t split_ = 0;  ///< Where by_reference_ belongs.
  bool enlarged_ = false;
  std::atomic<std::size_t> ready_ = 0;
  std::size_t sent_ = 0;
  bool used_ = false;
  std::atomic<bool> broken_ = false;
};

}  // namespace spread::detail

// msgpack-c packs a float that happens to be integral as an integer. A worker's results shall not
// change their type with their value, nor -0.0 its sign: into an Output floats go as they are.
template <>
inline msgpack::packer<spread::detail::Output>&
msgpack::v1::packer<spread::detail::Output>::pack_double(double value) {
  char bytes[9] = {'\xcb'};
  spread::detail::store_big_endian(bytes + 1, std::bit_cast<std::uint64_t>(value));
  m_stream.write(bytes, sizeof bytes);
  return *this;
}

template <>
inline msgpack::packer<spread::detail::Output>&
msgpack::v1::packer<spread::detail::Output>::pack_float(float value) {
  char bytes[5] = {'\xca'};
  spread::detail::store_big_endian(bytes + 1, std::bit_cast<std::uint32_t>(value));
  m_stream.write(bytes, sizeof bytes);
  return *this;
}
