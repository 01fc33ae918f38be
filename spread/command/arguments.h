#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace spread {

/// An argument list that is made anew for each task in memory that stays: the words one behind the
/// other, a NUL byte after each.
class Arguments {
 public:
  void clear() {
    bytes_.clear();
    ends_.clear();
  }
  /// The word that is being written goes to the end of this; end_word() ends it.
  std::string& bytes() { return bytes_; }
  void end_word() {
    bytes_ += '\0';
    ends_.push_back(bytes_.size());
  }
  void add(std::string_view word) {
    bytes_ += word;
    end_word();
  }

  std::size_t size() const { return ends_.size(); }
  std::string_view operator[](std::size_t i) const {
    const std::size_t begin = i == 0 ? 0 : ends_[i - 1];
    return std::string_view(bytes_).substr(begin, ends_[i] - begin - 1);
  }
  /// What the kernel counts against ARG_MAX: the bytes and one pointer a word.
  std::size_t kernel_bytes() const { return bytes_.size() + ends_.size() * sizeof(char*); }
  /// For execve and posix_spawn, ended by a null pointer. Valid until this changes.
  char* const* argv() {
    pointers_.clear();
    std::size_t begin = 0;
    for (const std::size_t end : ends_) {
      pointers_.push_back(bytes_.data() + begin);
      begin = end;
    }
    pointers_.push_back(nullptr);
    return pointers_.data();
  }
  std::vector<std::string> list() const {
    std::vector<std::string> words;
    for (std::size_t i = 0; i < size(); ++i) words.emplace_back((*this)[i]);
    return words;
  }

  /// Room for the values of the task while it is rendered.
  std::vector<std::string_view>& scratch() { return scratch_; }

 private:
  std::string bytes_;
  std::vector<std::size_t> ends_;
  std::vector<char*> pointers_;
  std::vector<std::string_view> scratch_;
};

}  // namespace spread
