#pragma once

#include "spread/detail/posix.hpp"
#include "spread/detail/wire.hpp"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <utility>

namespace spread::detail {

struct Free {
  void operator()(void* memory) const { std::free(memory); }
};
/// Uninitialised bytes: clearing them would cost more than reading a big frame.
using Buffer = std::unique_ptr<char, Free>;

inline Buffer allocate(std::size_t size) {
  Buffer buffer(static_cast<char*>(std::malloc(size)));
  if (!buffer) throw std::bad_alloc();
  return buffer;
}

/// The memory of a big body, for the next one of about its size: fresh memory costs more than all
/// copies, in page faults. What a body became may be let go of by any thread, and when its Input is
/// gone: each of them owns this.
class Spare {
 public:
  /// Never more than twice what is wanted: a body may be kept for long.
  std::string take(std::size_t size) {
    std::string body;
    {
      const std::lock_guard lock(mutex_);
      if (size <= kept_.capacity() && kept_.capacity() / 2 <= size) body.swap(kept_);
    }
    body.resize(size);
    return body;
  }
  void give(std::string&& body) {
    const std::lock_guard lock(mutex_);
    if (body.capacity() > kept_.capacity() && body.capacity() <= kKeptBytes) kept_.swap(body);
  }

 private:
  std::mutex mutex_;
  std::string kept_;
};

/// Frames from a descriptor. One read brings as many as the pipe holds. A frame bigger than that is
/// read to its end and not beyond, so that it need not be moved, and the next frame arrives at the
/// front.
class Input {
 public:
  explicit Input(int fd) : fd_(fd) { make_room(kPipeBytes); }

  /// The body of the next whole frame that is already here; false if there is none. It stays valid
  /// until fill().
  bool next(std::string_view& body) {
    const auto have = static_cast<std::size_t>(end_ - begin_);
    if (have < kHeaderBytes) return false;
    if (byte_at(begin_) != 0xc6) not_a_frame();
    const std::size_t size = load_big_endian<std::uint32_t>(begin_ + 1);
    if (have - kHeaderBytes < size) return false;
    body = {begin_ + kHeaderBytes, size};
    begin_ += kHeaderBytes + size;
    return true;
  }

  /// Copies the next frame's body, and waits for it; false at the end of input. What next() has
  /// given stays where it is.
  bool next_aside(std::string& body) {
    for (;;) {
      if (std::string_view here; next(here)) {
        body = here;
        return true;
      }
      aside_.append(begin_, end_);
      begin_ = end_;
      if (aside_.size() >= kHeaderBytes) {
        if (byte_at(aside_.data()) != 0xc6) not_a_frame();
        const std::size_t size = load_big_endian<std::uint32_t>(aside_.data() + 1);
        if (aside_.size() - kHeaderBytes >= size) {
          body = aside_.substr(kHeaderBytes, size);
          aside_.erase(0, kHeaderBytes + size);
          return true;
        }
        if (size > kPipeBytes) return finish_big(body, size);
      }
      if (!arriving_) arriving_ = allocate(kPipeBytes);
      const std::size_t got = read_some(arriving_.get(), kPipeBytes);
      if (got == 0) return false;
      aside_.append(arriving_.get(), got);
    }
  }

  /// For bodies that next_aside() gave; null before the first big one.
  const std::shared_ptr<Spare>& spare() const { return spare_; }

  /// Waits for more; false at the end of input.
  bool fill() {
    if (!aside_.empty()) [[unlikely]]
      return take_aside();
    const auto kept = static_cast<std::size_t>(end_ - begin_);
    std::size_t wanted = kPipeBytes;
    if (kept >= kHeaderBytes) {
      wanted = std::max(wanted, kHeaderBytes + load_big_endian<std::uint32_t>(begin_ + 1));
      if (wanted > kHeaderBytes + kFrameMax) not_a_frame();
    }
    if (wanted > kPipeBytes && capacity_ <= kPipeBytes) enlarge_pipe(fd_);
    make_room(wanted);
    const std::size_t got = read_some(end_, wanted - kept);
    end_ += got;
    return got > 0;
  }

  /// At the end of input: bytes of a frame that was cut off.
  std::size_t left_over() const { return static_cast<std::size_t>(end_ - begin_); }

 private:
  /// next_aside() of a frame the beginning of which is in aside_: straight into its place, and not
  /// beyond its end. At the end of input the beginning stays, for left_over().
  bool finish_big(std::string& body, std::size_t size) {
    if (size > kFrameMax) not_a_frame();
    if (!spare_) spare_ = std::make_shared<Spare>();
    body = spare_->take(size);
    std::size_t have = aside_.copy(body.data(), size, kHeaderBytes);
    while (have < size) {
      const std::size_t got = read_some(body.data() + have, size - have);
      if (got == 0) return false;
      have += got;
    }
    aside_.clear();
    return true;
  }

  /// 0 at the end of input.
  std::size_t read_some(char* to, std::size_t size) {
    for (;;) {
      const ssize_t n = read(fd_, to, size);
      if (n > 0) return static_cast<std::size_t>(n);
      if (n == 0 || errno == ECONNRESET) return 0;
      if (errno == EAGAIN) {
        wait_for(fd_, POLLIN);
      } else if (errno != EINTR) {
        throw_errno("read tasks");
      }
    }
  }

  /// What was read aside comes next.
  bool take_aside() {
    const std::string bytes = std::move(aside_);
    aside_.clear();
    make_room(std::max(kPipeBytes, bytes.size()));
    std::memcpy(end_, bytes.data(), bytes.size());
    end_ += bytes.size();
    return true;
  }

  [[noreturn, gnu::noinline, gnu::cold]] void not_a_frame() const {
    const char* const begin = aside_.empty() ? begin_ : aside_.data();
    char hex[3 * kHeaderBytes + 1];
    for (std::size_t i = 0; i < kHeaderBytes; ++i) {
      std::snprintf(hex + 3 * i, 4, " %02x", byte_at(begin + i));
    }
    throw Malformed("stdin is no stream of frames (docs/protocol.md): found" + std::string(hex));
  }

  /// Moves what is left to the front of a buffer of at least `wanted` bytes.
  void make_room(std::size_t wanted) {
    const auto kept = static_cast<std::size_t>(end_ - begin_);
    if (wanted > capacity_ || (capacity_ > kKeptBytes && wanted == kPipeBytes)) {
      // An answer copies kIdMax bytes, however long its id is: so many may be read behind the last
      // frame.
      Buffer larger = allocate(wanted + kIdMax);
      if (kept > 0) std::memcpy(larger.get(), begin_, kept);
      buffer_ = std::move(larger);
      capacity_ = wanted;
    } else if (kept > 0 && begin_ != buffer_.get()) {
      std::memmove(buffer_.get(), begin_, kept);
    }
    begin_ = buffer_.get();
    end_ = begin_ + kept;
  }

  int fd_;
  Buffer buffer_;
  std::size_t capacity_ = 0;
  char* begin_ = nullptr;
  char* end_ = nullptr;
  std::string aside_;  ///< see next_aside(); then nothing else is left
  Buffer arriving_;    ///< what it reads; made when it is first needed
  std::shared_ptr<Spare> spare_;
};

}  // namespace spread::detail
