#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "spread/command/placeholder.h"

namespace spread {

/// Text with placeholders, taken as text: no shell, no quotes. --tagstring, --wd and --results are
/// such texts, and so is each word of a command that is exec'd.
class TextTemplate {
 public:
  struct Piece {
    std::string text;  ///< stands before the placeholder
    Placeholder placeholder;
  };

  static TextTemplate parse(std::string_view text, const PlaceholderSyntax& syntax);

  /// Text without any placeholder, whatever it looks like.
  static TextTemplate literal(std::string_view text);

  bool has_placeholder() const { return !pieces_.empty(); }
  /// Has a placeholder other than {#} and {%}.
  bool has_item() const;
  /// It is one placeholder for values, and nothing else.
  bool is_whole_item() const;
  /// Has a placeholder for all values, such as {} or {.}.
  bool has_all_values() const;

  /// Several values are joined by one blank; a value that is not there ({3} of two) is nothing.
  void append_to(std::string& out, std::span<const std::string_view> values,
                 const TaskContext& context) const;
  /// The same, but what stands for all values stands for the value `only` alone (-X).
  void append_to(std::string& out, std::span<const std::string_view> values,
                 const TaskContext& context, std::size_t only) const;

  const std::vector<Piece>& pieces() const { return pieces_; }
  const std::string& end() const { return end_; }

  /// Each value goes in quoted for a POSIX shell: what --allow-paste does in a word that a shell
  /// reads once more.
  void set_pasted_for_shell() { for_shell_ = true; }

 private:
  void append_range(std::string& out, std::span<const std::string_view> values, ValueRange range,
                    const Placeholder& placeholder) const;

  std::vector<Piece> pieces_;
  std::string end_;  ///< stands behind the last placeholder
  bool for_shell_ = false;
};

}  // namespace spread
