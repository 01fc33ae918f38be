#include "spread/launch/argument_lists.h"

#include <cstddef>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "spread/base/quote.h"
#include "spread/launch/lines.h"

namespace spread {
namespace {

/// nlohmann's parser is only asked for events: a document tree is not wanted, and this way neither
/// depth nor exceptions are an issue.
class StringArrayHandler final : public nlohmann::json_sax<nlohmann::json> {
 public:
  ArgumentList words;
  std::string error;

  bool start_array(std::size_t) override { return ++depth_ == 1 || refuse("an array"); }
  bool end_array() override { return true; }
  bool string(std::string& text) override {
    if (text.find('\0') != std::string::npos) return refuse("a string with a NUL byte");
    words.push_back(std::move(text));
    return true;
  }
  bool null() override { return refuse("null"); }
  bool boolean(bool) override { return refuse("true or false"); }
  bool number_integer(number_integer_t) override { return refuse("a number"); }
  bool number_unsigned(number_unsigned_t) override { return refuse("a number"); }
  bool number_float(number_float_t, const std::string&) override { return refuse("a number"); }
  bool binary(binary_t&) override { return refuse("binary data"); }
  bool start_object(std::size_t) override { return refuse("an object"); }
  bool key(std::string&) override { return false; }
  bool end_object() override { return false; }
  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception&) override {
    error = fmt::format("not a JSON array of strings: wrong at column {}", position);
    return false;
  }

 private:
  bool refuse(std::string_view what) {
    error = fmt::format("not a JSON array of strings: word {} is {}", words.size() + 1, what);
    return false;
  }
  int depth_ = 0;
};

Result<ArgumentList> parse_json_list(std::string_view text) {
  StringArrayHandler handler;
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
