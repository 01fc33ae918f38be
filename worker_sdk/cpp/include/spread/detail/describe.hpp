#pragma once

// What an answer says of an exception.

#include "spread/detail/demangle.hpp"
#include "spread/errors.hpp"

#include <cxxabi.h>

#include <exception>
#include <string>
#include <string_view>
#include <typeinfo>

namespace spread::detail {

struct Description {
  std::string type;
  std::string message;
  std::string trace;
};

/// Of the exception that is being handled.
inline Description describe_exception() {
  try {
    throw;
  } catch (const task_error& e) {
    return {e.type(), e.what(), e.trace()};
  } catch (const std::exception& e) {
    return {demangle(typeid(e).name()), e.what(), ""};
  } catch (const std::string& text) {
    return {"std::string", text, ""};
  } catch (const char* text) {
    return {"const char*", text, ""};
  } catch (...) {
    const std::type_info* const type = abi::__cxa_current_exception_type();
    if (type == nullptr) return {"unknown", "threw what is not of C++", ""};
    const std::string name = demangle(type->name());
    const bool vowel = std::string_view("aeiouAEIOU").find(name[0]) != std::string_view::npos;
    return {name, (vowel ? "threw an " : "threw a ") + name, ""};
  }
}

}  // namespace spread::detail
