// The specification as text: NAME=KIND:ARGUMENTS ...
#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "spread/base/characters.h"
#include "spread/base/numbers.h"
#include "spread/base/quote.h"
#include "spread/sweep/spec.h"
#include "spread/wire/json.h"

namespace spread {
namespace {

/// Of `text`, where `offset` is: "column 7", or "line 2, column 7" where there are several lines.
/// Counted in bytes, from 1.
std::string place_in(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, offset);
  const auto lines = std::count(before.begin(), before.end(), '\n');
  const std::size_t last = before.rfind('\n');
  const std::size_t column = last == std::string_view::npos ? offset : offset - last - 1;
  if (text.find('\n') == std::string_view::npos) return fmt::format("column {}", column + 1);
  return fmt::format("line {}, column {}", lines + 1, column + 1);
}

/// The end of the piece that begins at `at`: the first of `ends` outside of double quotes.
std::size_t piece_end(std::string_view text, std::size_t at, std::string_view ends) {
  bool quoted = false;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (quoted && c == '\\' && at + 1 < text.size()) {
      ++at;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (!quoted && ends.find(c) != std::string_view::npos) {
      return at;
    }
  }
  return text.size();
}

class TextParser {
 public:
  TextParser(std::string_view text, std::string_view origin) : text_(text), origin_(origin) {}

  Result<SweepSpec> parse() {
    SweepSpec spec;
    while (skip_space()) {
      SweepSpec::Group group;
      if (const Status read = read_group(group); !read) {
        return fail(
            fmt::format("{}, {}: {}", origin_, place_in(text_, place_), read.error().message));
      }
      spec.groups.push_back(std::move(group));
    }
    return spec;
  }

 private:
  static constexpr std::string_view kBlanks = " \t\r\n";

  /// True if something follows.
  bool skip_space() {
    while (true) {
      at_ = std::min(text_.find_first_not_of(kBlanks, at_), text_.size());
      if (at_ == text_.size() || text_[at_] != '#') return at_ < text_.size();
      at_ = std::min(text_.find('\n', at_), text_.size());
    }
  }

  Status read_group(SweepSpec::Group& group) {
    constexpr std::string_view kZip = "zip(";
    place_ = at_;
    if (text_.substr(at_, kZip.size()) != kZip) return read_parameter(group, kBlanks);
    group.linked = true;
    const std::size_t begin = at_;
    at_ += kZip.size();
    while (skip_space() && text_[at_] != ')') {
      place_ = at_;
      if (text_.substr(at_, kZip.size()) == kZip) return fail("a zip in a zip");
      SPREAD_TRY(read_parameter(group, " \t\r\n)"));
    }
    place_ = begin;
    if (at_ == text_.size()) return fail("this zip( is not closed");
    ++at_;
    if (group.parameters.empty()) return fail("this zip() has no parameters");
    place_ = at_;
    if (at_ < text_.size() && kBlanks.find(text_[at_]) == std::string_view::npos) {
      return fail("expected a blank behind zip(...)");
    }
    return {};
  }

  Status read_parameter(SweepSpec::Group& group, std::string_view ends) {
    const std::size_t begin = at_;
    at_ = piece_end(text_, at_, ends);
    const std::string_view word = text_.substr(begin, at_ - begin);
    const std::size_t equals = word.find('=');
    if (equals == std::string_view::npos) {
      return fail(fmt::format("expected NAME=KIND:..., not {}", show_text(word)));
    }
    Parameter parameter;
    parameter.name = word.substr(0, equals);
    SPREAD_TRY(check_parameter_name(parameter.name));
    place_ = begin + equals + 1;
    SPREAD_TRY(read_kind(word.substr(equals + 1), parameter));
    group.parameters.push_back(std::move(parameter));
    return {};
  }

  Status read_kind(std::string_view text, Parameter& parameter) {
    const std::size_t colon = text.find(':');
    const std::string_view name = text.substr(0, colon);
    std::string names;
    for (int i = 0; i <= static_cast<int>(SampleKind::Halton); ++i) {
      const auto kind = static_cast<SampleKind>(i);
      if (name == name_of(kind) && colon != std::string_view::npos) {
        parameter.kind = kind;
        place_ += colon + 1;
        return read_arguments(text.substr(colon + 1), parameter);
      }
      names += fmt::format("{}{}", i == 0 ? "" : ", ", name_of(kind));
    }
    return fail(
        fmt::format("expected a kind and a colon, one of {}, not {}", names, show_text(text)));
  }

  Status read_arguments(std::string_view text, Parameter& parameter) {
    switch (parameter.kind) {
      case SampleKind::List:
      case SampleKind::Column: return read_values(text, parameter);
      case SampleKind::Constant: {
        auto value = parse_value(text);
        if (!value) return tl::unexpected(value.error());
        parameter.values.push_back(std::move(*value));
        return {};
      }
      case SampleKind::File: return read_file_name(text, parameter);
      default: return read_range(text, parameter);
    }
  }

  Status read_values(std::string_view text, Parameter& parameter) {
    while (true) {
      const std::size_t end = piece_end(text, 0, ",");
      auto value = parse_value(text.substr(0, end));
      if (!value) return tl::unexpected(value.error());
      parameter.values.push_back(std::move(*value));
      if (end == text.size()) return {};
      text.remove_prefix(end + 1);
      place_ += end + 1;
    }
  }

  Status read_file_name(std::string_view text, Parameter& parameter) {
    parameter.file = text;
    if (text.starts_with('"')) {
      auto name = parse_value(text);
      if (!name) return tl::unexpected(name.error());
      const Byte* at = as_bytes(name->encoded).data();
      parameter.file = as_text(wire::next_token(at, at + name->encoded.size()).bytes);
    }
    if (parameter.file.empty()) return fail("the name of a file is missing");
    return {};
  }

  Status read_range(std::string_view text, Parameter& parameter) {
    const bool is_grid = parameter.kind <= SampleKind::ReverseGeometric;
    const bool is_normal = parameter.kind == SampleKind::Normal;
    const std::string_view form = is_grid     ? "LO:HI:N"
                                  : is_normal ? "MEAN:SD or MEAN:SD:N"
                                              : "LO:HI or LO:HI:N";
    const auto parts = std::count(text.begin(), text.end(), ':') + 1;
    if (parts != 3 && (is_grid || parts != 2)) {
      return fail(
          fmt::format("expected {}:{}, not {}", name_of(parameter.kind), form, show_text(text)));
    }
    const std::size_t begin = place_;
    SPREAD_TRY(read_number(text, parameter.low));
    SPREAD_TRY(read_number(text, parameter.high));
    if (parts == 3) {
      const auto count = parse_count(text);
      if (!count) return fail(fmt::format("expected a number of values, not {}", show_text(text)));
      parameter.count = *count;
    }
    place_ = begin;
    return check_range(parameter);
  }

  /// The one in front of `text`, which goes on behind its colon.
  Status read_number(std::string_view& text, double& number) {
    const std::size_t end = std::min(text.find(':'), text.size());
    const std::string_view word = text.substr(0, end);
    const char* const last = word.data() + word.size();
    const auto [stop, error] = std::from_chars(word.data(), last, number);
    if (error == std::errc::result_out_of_range) {
      return fail(fmt::format("{} is more or less than a number can say", show_text(word)));
    }
    if (error != std::errc() || stop != last) {
      return fail(fmt::format("expected a number, not {}", show_text(word)));
    }
    const std::size_t taken = std::min(end + 1, text.size());
    text.remove_prefix(taken);
    place_ += taken;
    return {};
  }

  std::string_view text_;
  std::string_view origin_;
  std::size_t at_ = 0;
  std::size_t place_ = 0;  ///< what a message is about
};

}  // namespace

Result<SweepSpec> parse_sweep_spec(std::string_view text, std::string_view origin) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin != std::string_view::npos && text[begin] == '{') return parse_json_spec(text, origin);
  return TextParser(text, origin).parse();
}

}  // namespace spread
