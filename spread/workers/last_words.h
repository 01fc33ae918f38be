#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace spread {

/// The end of what a process wrote to its stderr: whole lines, where there are some.
class LastWords {
 public:
  static constexpr std::size_t kBytes = 400;

  void add(std::string_view text) {
    text_ += text.substr(text.size() - std::min(text.size(), kBytes));
    if (text_.size() <= kBytes) return;
    text_.erase(0, text_.size() - kBytes);
    const std::size_t line = text_.find('\n');
    if (line != std::string::npos && line + 1 < text_.size()) text_.erase(0, line + 1);
  }
  bool empty() const { return text_.empty(); }
  /// In one line.
  std::string line() const {
    std::string line = text_;
    for (char& c : line) c = c == '\n' ? ' ' : c;
    line.erase(line.find_last_not_of(' ') + 1);
    return line;
  }

 private:
  std::string text_;
};

}  // namespace spread
