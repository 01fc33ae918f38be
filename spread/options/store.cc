#include "spread/options/store.h"

#include "spread/options/values.h"

namespace spread::cli {

Status store_name(std::string& target, std::string_view value, std::string_view what) {
  return store(target, parse_name(value, what));
}

Status add_name(std::vector<std::string>& target, std::string_view value, std::string_view what) {
  target.emplace_back();
  return store_name(target.back(), value, what);
}

Status store_span(Duration& target, std::string_view value) {
  return store(target, parse_span(value));
}

}  // namespace spread::cli
