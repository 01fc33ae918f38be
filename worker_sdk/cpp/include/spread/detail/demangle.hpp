#pragma once

#include <cxxabi.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <typeinfo>

namespace spread::detail {

/// As a person writes it: what the ABI calls "NSt7__cxx1112basic_stringI..." is std::string in a
/// message.
inline std::string demangle(const char* name) {
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> plain(
      abi::__cxa_demangle(name, nullptr, nullptr, &status), std::free);
  std::string text = status == 0 ? plain.get() : name;
  const std::string string =
      "std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> >";
  for (std::size_t at = 0; (at = text.find(string, at)) != std::string::npos;) {
    text.replace(at, string.size(), "std::string");
  }
  return text;
}

template <class T>
std::string type_name() {
  return demangle(typeid(T).name());
}

}  // namespace spread::detail
