#include "spread/launch/environment_line.h"

#include <algorithm>

#include "spread/base/quote.h"

namespace spread {
namespace {

// What `export -f` calls a function; its value begins with "() {".
constexpr std::string_view kFunctionBegin = "BASH_FUNC_", kFunctionEnd = "%%";

std::string_view function_name(std::string_view variable) {
  variable.remove_prefix(std::min(variable.size(), kFunctionBegin.size()));
  return variable.substr(0, variable.size() - std::min(variable.size(), kFunctionEnd.size()));
}

}  // namespace

std::string quote_in_line(std::string_view word) {
  std::string quoted = "'";
  for (const char c : word) {
    switch (c) {
      case '\'': quoted += R"('\'')"; break;
      case '\n': quoted += R"('"$spread_n"')"; break;
      default: quoted += c;
    }
  }
  return quoted + "'";
}

bool has_functions(const Variables& variables) {
  return std::any_of(variables.begin(), variables.end(),
                     [](const auto& variable) { return !is_identifier(variable.first); });
}

std::string format_exports(const Variables& variables) {
  std::string line, definitions, names;
  for (const auto& [name, value] : variables) {
    if (is_identifier(name)) {
      line += "export " + name + "=" + quote_in_line(value) + "; ";
      continue;
    }
    const std::string function(function_name(name));
    definitions += function + " " + value + "\n";
    names += " " + function;
  }
  if (names.empty()) return line;
  line += "export spread_functions=" + quote_in_line(definitions) + "; spread_w=";
  line += quote_in_line(R"(eval "$spread_functions"; unset -v spread_functions; export -f)" +
                        names + R"(; exec "$@")");
  return line + "; ";
}

}  // namespace spread
