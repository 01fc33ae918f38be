#pragma once

namespace spread {

/// Makes one visitor out of several lambdas, for std::visit. The guide is for clang 14.
template <typename... Ts>
struct overloaded : Ts... {
  using Ts::operator()...;
};
template <typename... Ts>
overloaded(Ts...) -> overloaded<Ts...>;

}  // namespace spread
