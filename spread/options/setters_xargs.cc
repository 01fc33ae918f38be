#include "spread/options/setters.h"

#include <charconv>
#include <limits>

#include <fmt/format.h>

#include "spread/base/characters.h"
#include "spread/options/option_table.h"

namespace spread::cli {
namespace {

XargsOptions& xargs_of(Draft& draft) { return *draft.options.items.xargs; }

/// The option that counted so far does not count any more.
void override_with(XargsOptions& xargs, std::string_view option, std::string_view other,
                   bool given) {
  if (!given) return;
  xargs.warnings.push_back(
      fmt::format("warning: options {} and {} are mutually exclusive, ignoring previous {} value",
                  other, option, other));
}

void override_items(XargsOptions& xargs, std::string_view option) {
  override_with(xargs, option, "--max-args", xargs.items_max != 0);
  xargs.items_max = 0;
}
void override_lines(XargsOptions& xargs, std::string_view option) {
  override_with(xargs, option, "--max-lines", xargs.lines_max != 0);
  xargs.lines_max = 0;
}
void override_replacement(XargsOptions& xargs, std::string_view option) {
  override_with(xargs, option, "--replace", !xargs.replacement.empty());
  xargs.replacement.clear();
}

tl::unexpected<Error> wrong_number(std::string message) {
  return tl::unexpected<Error>(Error{std::move(message), kWithHint});
}

Result<std::int64_t> read_number(std::string_view text, char option, std::int64_t min) {
  std::int64_t number = 0;
  const std::string_view digits = text.starts_with('+') ? text.substr(1) : text;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error == std::errc::result_out_of_range) {
    number = text.starts_with('-') ? std::numeric_limits<std::int64_t>::min()
                                   : std::numeric_limits<std::int64_t>::max();
  } else if (error != std::errc() || end != digits.data() + digits.size()) {
    return wrong_number(fmt::format("invalid number \"{}\" for -{} option", text, option));
  }
  if (number >= min) return number;
  return wrong_number(fmt::format("value {} for -{} option should be >= {}", text, option, min));
}

/// A number in a delimiter's escape sequence: "x41", "101".
Result<char> read_code(std::string_view escape) {
  const bool hex = escape[1] == 'x';
  const std::string_view digits = escape.substr(hex ? 2 : 1);
  unsigned value = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, hex ? 16 : 8);
  const std::string what =
      fmt::format("Invalid escape sequence {} in input delimiter specification", escape);
  if (error == std::errc::result_out_of_range || value > 0xff) {
    return fail(what + (hex ? "; character values must not exceed ff."
                            : "; character values must not exceed 377."));
  }
  const std::string_view left(end, static_cast<std::size_t>(digits.data() + digits.size() - end));
  if (!left.empty()) {
    return fail(fmt::format("{}; trailing characters {} not recognised.", what, left));
  }
  return static_cast<char>(value);
}

Result<char> read_delimiter(std::string_view text) {
  if (text.size() == 1) return text[0];
  if (text.empty() || text[0] != '\\') {
    return fail(
        fmt::format("Invalid input delimiter specification {}: the delimiter must be either a "
                    "single character or an escape sequence starting with \\.",
                    text));
  }
  constexpr std::string_view kNames = "abfnrtv\\";
  constexpr std::string_view kCharacters = "\a\b\f\n\r\t\v\\";
  // As GNU xargs, what follows such a letter is not looked at.
  if (const auto at = kNames.find(text[1]); at != std::string_view::npos) return kCharacters[at];
  if (text[1] == 'x' || is_digit(text[1])) return read_code(text);
  return fail(fmt::format("Invalid escape sequence {} in input delimiter specification.", text));
}

Status set_lines(Draft& draft, std::string_view value, char letter, std::string_view option) {
  const auto number = read_number(value, letter, 1);
  if (!number) return tl::unexpected<Error>(number.error());
  XargsOptions& xargs = xargs_of(draft);
  xargs.lines_max = static_cast<std::uint64_t>(*number);
  override_items(xargs, option);
  override_replacement(xargs, option);
  return {};
}

}  // namespace

Status set_xargs_null(Draft& draft, std::string_view) {
  xargs_of(draft).delimiter = '\0';
  return {};
}
Status set_xargs_file(Draft& draft, std::string_view value) {
  draft.options.items.input.files = {std::string(value)};
  return {};
}
Status set_xargs_delimiter(Draft& draft, std::string_view value) {
  const auto delimiter = read_delimiter(value);
  if (!delimiter) return tl::unexpected<Error>(delimiter.error());
  xargs_of(draft).delimiter = *delimiter;
  return {};
}
Status set_xargs_end_mark(Draft& draft, std::string_view value) {
  xargs_of(draft).end_mark = value;
  return {};
}
Status set_xargs_replacement(Draft& draft, std::string_view value) {
  XargsOptions& xargs = xargs_of(draft);
  xargs.replacement = value.empty() ? "{}" : value;
  override_items(xargs, "--replace/-I/-i");
  override_lines(xargs, "--replace/-I/-i");
  return {};
}
Status set_xargs_lines(Draft& draft, std::string_view value) {
  return set_lines(draft, value, 'L', "-L");
}
Status set_xargs_lines_old(Draft& draft, std::string_view value) {
  return set_lines(draft, value.empty() ? "1" : value, 'l', "--max-lines/-l");
}
Status set_xargs_items(Draft& draft, std::string_view value) {
  const auto number = read_number(value, 'n', 1);
  if (!number) return tl::unexpected<Error>(number.error());
  XargsOptions& xargs = xargs_of(draft);
  xargs.items_max = static_cast<std::uint64_t>(*number);
  override_lines(xargs, "--max-args/-n");
  // -I takes one line at a time anyway.
  if (!xargs.replacement.empty() && xargs.items_max == 1) {
    xargs.items_max = 0;
  } else {
    override_replacement(xargs, "--max-args/-n");
  }
  return {};
}
Status set_xargs_terminal(Draft& draft, std::string_view) {
  xargs_of(draft).open_terminal = true;
  return {};
}
Status set_xargs_processes(Draft& draft, std::string_view value) {
  const auto number = read_number(value, 'P', 0);
  if (!number) return tl::unexpected<Error>(number.error());
  xargs_of(draft).processes = static_cast<std::uint64_t>(*number);
  return {};
}
Status set_xargs_ask(Draft& draft, std::string_view) {
  xargs_of(draft).ask = true;
  return {};
}
Status set_xargs_slot_variable(Draft& draft, std::string_view value) {
  if (value.find('=') != std::string_view::npos) {
    return fail("option --process-slot-var may not be set to a value which includes `='");
  }
  xargs_of(draft).slot_variable = value;
  return {};
}
Status set_xargs_not_empty(Draft& draft, std::string_view) {
  xargs_of(draft).run_if_empty = false;
  return {};
}
Status set_xargs_bytes(Draft& draft, std::string_view value) {
  const auto number = read_number(value, 's', std::numeric_limits<std::int64_t>::min());
  if (!number) return tl::unexpected<Error>(number.error());
  XargsOptions& xargs = xargs_of(draft);
  if (*number < 1) {
    xargs.warnings.push_back(fmt::format("value {} for -s option should be >= 1", value));
  }
  xargs.bytes_max = static_cast<std::uint64_t>(*number < 1 ? 1 : *number);
  return {};
}
Status set_xargs_limits(Draft& draft, std::string_view) {
  xargs_of(draft).show_limits = true;
  return {};
}
Status set_xargs_verbose(Draft& draft, std::string_view) {
  draft.options.job.print_commands = true;
  return {};
}
Status set_xargs_exit(Draft& draft, std::string_view) {
  xargs_of(draft).exit_if_long = true;
  return {};
}

}  // namespace spread::cli
