#pragma once

/// Stdin in blocks of about a size, each ending with a newline: ranges of a regular file, which go
/// to the pipe by splice, or memory that is read into.

#include <sys/stat.h>

#include "limit.h"

namespace limit {

/// What is left to send of a block.
struct Block {
  char* data;  ///< nullptr: a range of stdin
  off_t offset;
  size_t size;
};

class BlockSource {
 public:
  explicit BlockSource(size_t block) : block_(block) {
    struct stat about;
    if (fstat(0, &about) < 0) die("stdin");
    if (!S_ISREG(about.st_mode)) {
      spare_ = buffer();
      return;
    }
    at_ = lseek(0, 0, SEEK_CUR);
    end_ = about.st_size;
    is_file_ = true;
  }
  BlockSource(const BlockSource&) = delete;
  BlockSource& operator=(const BlockSource&) = delete;
  ~BlockSource() { free(spare_); }

  /// False at the end. A block with data is the caller's; give_back() when it is sent.
  bool next(Block& block) { return is_file_ ? next_range(block) : next_read(block); }
  void give_back(char* data) {
    if (data != nullptr && spare_ == nullptr) {
      spare_ = data;
    } else {
      free(data);
    }
  }

 private:
  static constexpr size_t kLineMax = size_t{1} << 16;

  char* buffer() {
    char* data = spare_ != nullptr ? spare_ : static_cast<char*>(malloc(block_ + kLineMax));
    if (data == nullptr) die("malloc");
    spare_ = nullptr;
    return data;
  }

  bool next_range(Block& block) {
    if (at_ >= end_) return false;
    block = {nullptr, at_, static_cast<size_t>(end_ - at_)};
    if (block.size > block_) {
      // Only the last line is looked at; most lines are short.
      static char last[kLineMax];
      size_t look = 4096;
      const char* newline = nullptr;
      for (; newline == nullptr; look *= 4) {
        if (look > kLineMax || look > block_) die_plain("a line is too long");
        const off_t from = at_ + static_cast<off_t>(block_ - look);
        if (pread(0, last, look, from) != static_cast<ssize_t>(look)) die("pread");
        newline = static_cast<const char*>(memrchr(last, '\n', look));
        if (newline != nullptr) {
          block.size = static_cast<size_t>(from - at_) + static_cast<size_t>(newline - last) + 1;
        }
      }
    }
    at_ += static_cast<off_t>(block.size);
    return true;
  }

  bool next_read(Block& block) {
    char* data = buffer();
    memcpy(data, rest_, rest_size_);
    size_t have = rest_size_;
    rest_size_ = 0;
    while (have < block_) {
      const ssize_t n = read_some(0, data + have, block_ - have);
      if (n == 0) break;
      have += static_cast<size_t>(n);
    }
    block = {data, 0, have};
    if (have == 0) {
      give_back(data);
      return false;
    }
    if (have < block_) return true;
    const void* newline = memrchr(data, '\n', have);
    if (newline == nullptr) die_plain("a line is too long");
    block.size = static_cast<size_t>(static_cast<const char*>(newline) - data) + 1;
    rest_size_ = have - block.size;
    if (rest_size_ > sizeof rest_) die_plain("a line is too long");
    memcpy(rest_, data + block.size, rest_size_);
    return true;
  }

  size_t block_;
  bool is_file_ = false;
  off_t at_ = 0;
  off_t end_ = 0;
  char* spare_ = nullptr;
  size_t rest_size_ = 0;
  char rest_[kLineMax];
};

}  // namespace limit
