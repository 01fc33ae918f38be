// The fixture worker "gang": the payload says which collective is called, and how.
#include <spread/gang.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <tuple>
#include <vector>

namespace {

using spread::reduce_op;

template <class Container>
std::string shown(const Container& values) {
  std::string text;
  for (const auto& value : values) text += (text.empty() ? "" : " ") + std::to_string(value);
  return text;
}

template <class T>
std::string sum_of_two() {
  return shown(spread::allreduce(std::vector<T>{1, 2}));
}

template <class T>
std::string sum_of_one() {
  return std::to_string(spread::allreduce(T{1}));
}

std::string place() {
  return std::to_string(spread::rank()) + " of " + std::to_string(spread::size()) + " " +
         std::to_string(spread::number_of_workers()) + (spread::is_root() ? " root" : "");
}

std::string exchanged() {
  std::string text;
  for (const auto& [rank, value] : spread::exchange("x", 5)) {
    text += std::to_string(rank) + ":" + std::to_string(value) + " ";
  }
  return text;
}

std::string got() {
  std::string text;
  for (const auto& [rank, value] : spread::get<std::string>("x")) {
    text += std::to_string(rank) + ":" + value + " ";
  }
  return text;
}

/// What comes back owns, where what is given refers.
std::string views() {
  using Views = std::map<std::string_view, std::tuple<int, std::optional<std::string_view>>>;
  using Owners = std::map<std::string, std::tuple<int, std::optional<std::string>>>;
  const std::vector<std::vector<std::string>> lists =
      spread::allgather(std::vector<std::string_view>{"a", "b"});
  const Owners map = spread::broadcast(Views{{"k", {1, "v"}}, {"l", {2, std::nullopt}}});
  const std::vector<std::byte> bytes = spread::broadcast(std::as_bytes(std::span("xyz", 3)));
  std::string text;
  for (const auto& list : lists) {
    for (const std::string& word : list) text += word;
    text += ";";
  }
  for (const auto& [key, value] : map) {
    text += key + std::to_string(std::get<0>(value)) + std::get<1>(value).value_or("-");
  }
  return text + std::to_string(bytes.size());
}

std::string local() {
  std::string text;
  for (const auto& [number, parameters, results] :
       spread::local_results(std::vector<double>{0.5}, std::string("r"))) {
    text += std::to_string(number) + " " + shown(parameters) + " " + results + "; ";
  }
  return text;
}

/// Too big to be copied on its way.
std::vector<double> big(double value) { return std::vector<double>(20'000, value); }

/// Whether the next answer has the memory of one that another thread has let go of, while memory
/// that was freed would go to `between`.
std::string let_go_elsewhere() {
  auto answer = spread::ask("bulk");
  const char* const memory = answer.get().via.str.ptr;
  const std::size_t size = answer.get().via.str.size;
  std::thread([of = std::move(answer)]() mutable {
    const msgpack::object_handle last = std::move(of);
  }).join();
  const std::string between(size, 'x');
  const auto next = spread::ask("bulk");
  return next.get().via.str.ptr == memory ? "used again" : "not used again";
}

std::string ends_of(const std::vector<double>& values) {
  return std::to_string(values.size()) + ": " + shown(std::vector{values.front(), values.back()});
}

std::string gathered() {
  const std::vector<std::int32_t> mine = {1, -2};
  const auto whole = spread::gather(
      mine,
      {spread::size() == 1 ? std::vector<std::size_t>{2} : std::vector<std::size_t>{1, 2, 0}});
  return whole ? shown(*whole) : "nothing";
}

std::string reduced() {
  const auto result = spread::reduce(std::int64_t{5}, reduce_op::max);
  return result ? std::to_string(*result) : "nothing";
}

std::string caught() {
  try {
    spread::barrier();
  } catch (const spread::gang_failed& e) {
    return e.type() + ": " + e.what();
  }
  return "nothing was thrown";
}

const std::map<std::string, std::string (*)()>& calls() {
  static const std::map<std::string, std::string (*)()> all = {
      {"place", place},
      {"barrier", [] { return spread::barrier(), std::string("past"); }},
      {"two barriers", [] { return spread::barrier(), spread::barrier(), std::string("past"); }},
      {"broadcast", [] { return spread::broadcast("mine"); }},
      {"allgather", [] { return shown(spread::allgather(5)); }},
      {"exchange", exchanged},
      {"reduce", reduced},
      {"float", [] { return std::to_string(spread::allreduce(3.0, reduce_op::product)); }},
      {"gather", gathered},
      {"scatter",
       [] {
         return spread::scatter(spread::size() == 1 ? std::vector<std::string>{"a"}
                                                    : std::vector<std::string>{"a", "b", "c"});
       }},
      {"big", [] { return ends_of(spread::allreduce(big(1))); }},
      {"let go elsewhere", let_go_elsewhere},
      {"big scatter",
       [] {
         return ends_of(spread::scatter(std::vector{big(1), big(2), big(3)}));
       }},
      {"put", [] { return spread::put("x", std::string("v")), std::string("past"); }},
      {"get", got},
      {"views", views},
      {"local", local},
      {"i1", sum_of_two<std::int8_t>},
      {"i2", sum_of_two<std::int16_t>},
      {"i4", sum_of_two<std::int32_t>},
      {"i8", sum_of_two<std::int64_t>},
      {"u1", sum_of_two<std::uint8_t>},
      {"u2", sum_of_two<std::uint16_t>},
      {"u4", sum_of_two<std::uint32_t>},
      {"u8", sum_of_two<std::uint64_t>},
      {"f4", sum_of_two<float>},
      {"f8", sum_of_two<double>},
      {"signed char", sum_of_one<signed char>},
      {"unsigned char", sum_of_one<unsigned char>},
      {"char", sum_of_one<char>},
      {"short", sum_of_one<short>},
      {"unsigned short", sum_of_one<unsigned short>},
      {"int", sum_of_one<int>},
      {"unsigned int", sum_of_one<unsigned int>},
      {"long", sum_of_one<long>},
      {"unsigned long", sum_of_one<unsigned long>},
      {"long long", sum_of_one<long long>},
      {"unsigned long long", sum_of_one<unsigned long long>},
      {"span",
       [] {
         const std::vector<double> values = {1, 2};
         return shown(spread::allreduce(std::span<const double>(values)));
       }},
      {"caught", caught},
      {"caught twice", [] { return caught() + caught(); }},
  };
  return all;
}

}  // namespace

int serve_gang_calls() {
  return spread::worker([](const std::string& call) { return calls().at(call)(); });
}
