#pragma once

// Sub-tasks without a master: the answers are given by this process.

#include "spread/detail/gang_values.hpp"
#include "spread/worker.hpp"

#include <functional>
#include <map>
#include <memory>

namespace spread::detail {

/// Of a payload and a common part.
using EncodedHandler =
    std::function<std::string(std::string_view, std::optional<std::string_view>, Decoder&)>;

template <class Handler>
EncodedHandler encoded_handler(Handler handler) {
  auto shared = std::make_shared<Handler>(std::move(handler));
  return
      [shared](std::string_view payload, std::optional<std::string_view> common, Decoder& decoder) {
        GangBytes result;
        const auto reply = [&](const auto& value) { encode(result, value); };
        answer_subtask(reply, decoder, payload, common, *shared);
        return result.bytes;
      };
}

class LocalSubtasks {
 public:
  EncodedHandler handler;

  /// As Session::ask(); the arguments, encoded.
  msgpack::object_handle ask(std::string_view op, unsigned arguments, std::string_view encoded) {
    std::size_t end = 0;
    const std::string_view first = take(encoded, end);
    if (op == "subpool") return msgpack::unpack(first.data(), first.size());
    GangBytes answer;
    if (op == "submit") {
      const std::string_view common = arguments > 1 ? take(encoded, end) : std::string_view();
      encode(answer, submit(first, std::string(common)));
      return unpacked(answer);
    }
    const auto ids = msgpack::unpack(first.data(), first.size()).get().as<Ids>();
    for (const std::uint64_t id : ids) check(op, id);
    if (op == "ready") run_some(ids, finished(ids).size() + 1);
    if (op == "wait") {
      const std::string_view count = take(encoded, end);
      run_some(ids, decode_number<std::size_t>(count));
    }
    if (op != "fetch") {
      encode(answer, finished(ids));
      return unpacked(answer);
    }
    run_some(ids, ids.size());
    msgpack::packer<GangBytes>(answer).pack_array(static_cast<std::uint32_t>(ids.size()));
    for (const std::uint64_t id : ids) answer.write_value(open_.extract(id).mapped().result);
    return unpacked(answer);
  }

  std::optional<std::uint64_t> parent() const {
    return present_ == nullptr ? std::nullopt : std::optional(present_->parent);
  }
  /// Of the present one, encoded; empty where there is none.
  std::string_view payload() const {
    return present_ == nullptr ? std::string_view() : present_->payload;
  }
  template <class T>
  T decode(std::string_view value) const {
    return decoder_->decode<T>(value);
  }
  template <class T>
  std::optional<T> common() const {
    if (present_ == nullptr || !common_of(*present_)) return std::nullopt;
    return decoder_->decode<T>(present_->common);
  }

 private:
  using Ids = std::vector<std::uint64_t>;
  struct Entry {
    std::string payload, common;
    std::uint64_t id = 0, parent = 0;
    unsigned depth = 0;
    std::string result;  ///< ["ok", value] or ["error", description]; empty = it has not run
  };

  static constexpr unsigned kDepthMax = 16;  // as the master has it

  static std::optional<std::string_view> common_of(const Entry& entry) {
    return entry.common.empty() ? std::nullopt : std::optional<std::string_view>(entry.common);
  }

  static std::string_view take(std::string_view values, std::size_t& end) {
    const std::size_t begin = end;
    msgpack::null_visitor skip;
    msgpack::parse(values.data(), values.size(), end, skip);
    return values.substr(begin, end - begin);
  }
  static msgpack::object_handle unpacked(const GangBytes& value) {
    return msgpack::unpack(value.bytes.data(), value.bytes.size());
  }

  Ids submit(std::string_view payloads, const std::string& common) {
    const unsigned depth = present_ == nullptr ? 0 : present_->depth;
    const std::size_t count =
        msgpack::unpack(payloads.data(), payloads.size()).get().via.array.size;
    if (depth >= kDepthMax && count > 0) {
      throw refused("TooDeep",
                    "a sub-task of depth " + std::to_string(depth) + " submits no others");
    }
    Ids ids;
    std::size_t end = count < 16 ? 1 : count < 0x10000 ? 3 : 5;  // the array's header
    for (std::size_t i = 0; i < count; ++i) {
      Entry entry{std::string(take(payloads, end)), common, ++last_, 0, depth + 1, {}};
      if (present_ != nullptr) entry.parent = present_->id;
      ids.push_back(last_);
      open_.emplace(last_, std::move(entry));
    }
    return ids;
  }

  void check(std::string_view op, std::uint64_t id) const {
    if (open_.count(id) > 0) return;
    throw refused("UnknownSubtask", std::string(op) + " names " + std::to_string(id) +
                                        ", which is no sub-task of this task, or was fetched");
  }

  Ids finished(const Ids& ids) const {
    Ids found;
    for (const std::uint64_t id : ids) {
      if (!open_.at(id).result.empty()) found.push_back(id);
    }
    return found;
  }

  /// Until so many are finished.
  void run_some(const Ids& ids, std::size_t count) {
    std::size_t have = finished(ids).size();
    for (const std::uint64_t id : ids) {
      if (have >= count) return;
      if (!open_.at(id).result.empty()) continue;
      run(open_.at(id));
      ++have;
    }
  }

  void run(Entry& entry) {
    if (!handler) throw std::logic_error("outside of a worker, sub-tasks need register_handler()");
    const Entry* const outer = std::exchange(present_, &entry);
    Decoder decoder;
    Decoder* const outer_decoder = std::exchange(decoder_, &decoder);
    entry.result = result_of(entry, decoder);
    present_ = outer;
    decoder_ = outer_decoder;
  }

  std::string result_of(const Entry& entry, Decoder& decoder) const {
    GangBytes result;
    msgpack::packer<GangBytes> packer(result);
    packer.pack_array(2);
    try {
      for (const auto& hook : hooks().before) hook();
      const std::string value = handler(entry.payload, common_of(entry), decoder);
      packer.pack("ok");
      result.write_value(value);
    } catch (...) {
      const Description what = describe_exception();
      packer.pack("error").pack(std::map<std::string, std::string>{
          {"type", what.type}, {"message", what.message}, {"trace", what.trace}});
    }
    hooks().call_after();
    return result.bytes;
  }

  std::map<std::uint64_t, Entry> open_;
  std::uint64_t last_ = 0;
  const Entry* present_ = nullptr;
  Decoder* decoder_ = nullptr;
};

inline LocalSubtasks& local_subtasks() {
  static LocalSubtasks all;
  return all;
}

}  // namespace spread::detail
