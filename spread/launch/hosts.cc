#include "spread/launch/hosts.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "spread/base/characters.h"
#include "spread/base/numbers.h"
#include "spread/base/quote.h"

namespace spread {
namespace {

std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

/// Calls `parse(line) -> Status` for every line of a list file but blank ones and those that begin
/// with `#`. The line comes without its newline, a CR before it (files from Windows), and leading
/// blanks; trailing blanks may be quoted and stay. An error gets `FILE:LINE: ` in front.
template <typename Parse>
Status for_each_entry(std::string_view text, std::string_view file, Parse parse) {
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    const std::size_t begin = line.find_first_not_of(" \t");
    if (begin == std::string_view::npos || line[begin] == '#') continue;
    if (Status status = parse(line.substr(begin)); !status) {
      return fail(fmt::format("{}:{}: {}", file, number, status.error().message));
    }
  }
  return {};
}

tl::unexpected<Error> bad_host(std::string_view text, std::string_view why) {
  return fail(fmt::format("host {}: {}", show_text(text), why));
}

/// Takes `N/` or an empty count's `/` off the front of `rest`.
Status take_slots(std::string_view& rest, HostSpec& host) {
  const std::string_view text = rest;
  const auto digits =
      static_cast<std::size_t>(std::find_if_not(rest.begin(), rest.end(), is_digit) - rest.begin());
  if (digits == 0) {
    // GNU parallel takes the slash of `/opt/bin/ssh node` for an empty count as well, and then
    // looks for opt/bin/ssh, which no user means.
    if (rest.substr(0, 2) == "//") rest.remove_prefix(1);
    return {};
  }
  if (digits == rest.size() || rest[digits] != '/') return {};
  const Result<std::uint64_t> count = parse_count(rest.substr(0, digits));
  if (!count || *count > kSlotsPerHostMax) {
    return bad_host(text, fmt::format("more than {} slots", kSlotsPerHostMax));
  }
  if (*count == 0) return bad_host(text, "0 slots; leave the host out instead");
  host.slots = static_cast<std::uint32_t>(*count);
  rest.remove_prefix(digits + 1);
  return {};
}

Status check_name(std::string_view name, std::string_view text) {
  if (name.empty()) return bad_host(text, "the host's name is missing");
  if (name.front() == '-') return bad_host(text, "a name cannot begin with -");
  const bool uri = name.substr(0, 6) == "ssh://";
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= ' ' || byte == 0x7f) return bad_host(text, "a blank or control byte in the name");
    if (!uri && c == '[') {
      return bad_host(text, "ranges in [ ] are not supported; write the names out");
    }
    if (!uri && c == '/') return bad_host(text, "expected [N/][user@]host");
    if (!uri && c == '=') return bad_host(text, "a name has no =; for n1 slots=2 write 2/n1");
  }
  return {};
}

}  // namespace

std::string host_label(const HostSpec& host) {
  return host.login.empty() ? host.name : shell_join(host.login) + ' ' + host.name;
}

Result<HostSpec> parse_host(std::string_view text) {
  text = trim(text);
  HostSpec host;
  std::string_view rest = text;
  if (!rest.empty() && rest.front() == '@') return bad_host(text, "host groups are not supported");
  SPREAD_TRY(take_slots(rest, host));
  auto words = shell_split(rest);
  if (!words) return bad_host(text, words.error().message);
  if (words->empty()) return bad_host(text, "the host's name is missing");
  host.name = std::move(words->back());
  words->pop_back();
  host.login = std::move(*words);
  if (host.name == ":") {
    if (!host.login.empty()) return bad_host(text, ": is this machine and needs no ssh command");
    host.name = "localhost";
    host.local = true;
    return host;
  }
  SPREAD_TRY(check_name(host.name, text));
  if (!host.login.empty() && host.login.front().empty()) {
    return bad_host(text, "the ssh command's name is empty");
  }
  return host;
}

Result<std::vector<HostSpec>> parse_host_list(std::string_view text) {
  std::vector<HostSpec> hosts;
  std::string entry;
  for (std::size_t at = 0; at <= text.size(); ++at) {
    const bool end = at == text.size() || text[at] == ',' || text[at] == '\n';
    if (!end) {
      if (text[at] == '\\' && at + 1 < text.size() && text[at + 1] == ',') ++at;
      entry += text[at];
      continue;
    }
    Result<HostSpec> host = parse_host(entry);
    if (!host) return tl::unexpected<Error>(std::move(host.error()));
    hosts.push_back(std::move(*host));
    entry.clear();
  }
  return hosts;
}

Result<std::vector<HostSpec>> parse_host_file(std::string_view text, std::string_view file) {
  std::vector<HostSpec> hosts;
  const Status status = for_each_entry(text, file, [&hosts](std::string_view line) -> Status {
    Result<std::vector<HostSpec>> more = parse_host_list(line);
    if (!more) return tl::unexpected<Error>(std::move(more.error()));
    std::move(more->begin(), more->end(), std::back_inserter(hosts));
    return {};
  });
  if (!status) return tl::unexpected<Error>(status.error());
  return hosts;
}

namespace {

/// nlohmann's parser is only asked for events: a document tree is not wanted, and this way neither
/// depth nor exceptions are an issue.
class WordsHandler final : public nlohmann::json_sax<nlohmann::json> {
 public:
  ArgumentList words;
  std::string error;

  bool start_array(std::size_t) override { return ++depth_ == 1 || refuse("an array"); }
  bool end_array() override { return true; }
  bool string(std::string& text) override {
    if (text.find('\0') != std::string::npos) return refuse("a string with a NUL byte");
    return add(std::move(text));
  }
  bool null() override { return refuse("null"); }
  bool boolean(bool) override { return refuse("true or false"); }
  bool number_integer(number_integer_t number) override { return add(std::to_string(number)); }
  bool number_unsigned(number_unsigned_t number) override { return add(std::to_string(number)); }
  bool number_float(number_float_t, const std::string& written) override { return add(written); }
  bool binary(binary_t&) override { return refuse("binary data"); }
  bool start_object(std::size_t) override { return refuse("an object"); }
  bool key(std::string&) override { return false; }
  bool end_object() override { return false; }
  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception&) override {
    error = fmt::format("not a JSON array of strings and numbers: wrong at column {}", position);
    return false;
  }

 private:
  bool add(std::string word) {
    words.push_back(std::move(word));
    return true;
  }
  bool refuse(std::string_view what) {
    error = fmt::format("not a JSON array of strings and numbers: word {} is {}", words.size() + 1,
                        what);
    return false;
  }
  int depth_ = 0;
};

Result<ArgumentList> parse_json_list(std::string_view text) {
  WordsHandler handler;
  if (!nlohmann::json::sax_parse(text.begin(), text.end(), &handler)) {
    return fail(std::move(handler.error));
  }
  return std::move(handler.words);
}

}  // namespace

Result<ArgumentList> parse_argument_list(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\n");
  const bool json = begin != std::string_view::npos && text[begin] == '[';
  Result<ArgumentList> words = json ? parse_json_list(text) : shell_split(text);
  if (!words) return words;
  if (words->empty()) return fail("no words");
  if (words->front().empty()) return fail("the program's name is empty");
  return words;
}

Result<std::vector<ArgumentList>> parse_args_file(std::string_view text, std::string_view file) {
  std::vector<ArgumentList> lists;
  const Status status = for_each_entry(text, file, [&lists](std::string_view line) -> Status {
    Result<ArgumentList> list = parse_argument_list(line);
    if (!list) return tl::unexpected<Error>(std::move(list.error()));
    lists.push_back(std::move(*list));
    return {};
  });
  if (!status) return tl::unexpected<Error>(status.error());
  return lists;
}

}  // namespace spread
