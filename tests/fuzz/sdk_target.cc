#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <spread/detail/gang_values.hpp>
#include <spread/detail/input.hpp>
#include <spread/detail/lists.hpp>

#include "spread/base/assert.h"
#include "support.h"
#include "targets.h"

namespace spread::fuzz {
namespace {

/// What the master writes, as a descriptor.
class Frames {
 public:
  explicit Frames(ByteView bytes) : fd_(memfd_create("frames", MFD_CLOEXEC)) {
    SPREAD_ASSERT(fd_ >= 0);
    SPREAD_ASSERT(write(fd_, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
    SPREAD_ASSERT(lseek(fd_, 0, SEEK_SET) == 0);
  }
  Frames(const Frames&) = delete;
  Frames& operator=(const Frames&) = delete;
  ~Frames() { close(fd_); }
  int fd() const { return fd_; }

 private:
  int fd_;
};

/// A handler's parameter: the value, or what an answer says is wrong with it.
template <class T>
void decode(std::string_view payload) {
  detail::Decoder decoder;
  try {
    static_cast<void>(decoder.decode<T>(payload));
  } catch (const task_error& wrong) {
    SPREAD_ASSERT(wrong.what()[0] != '\0');
  }
}

/// What a member of a gang receives of another.
template <class T>
void receive(const msgpack::object& value) {
  try {
    static_cast<void>(detail::unpack_value<T>(value));
  } catch (const task_error& wrong) {
    SPREAD_ASSERT(wrong.what()[0] != '\0');
  }
}

void look_at_payload(std::string_view payload) {
  decode<std::uint8_t>(payload);
  decode<std::int64_t>(payload);
  decode<float>(payload);
  decode<double>(payload);
  decode<bool>(payload);
  decode<std::string>(payload);
  decode<std::vector<int>>(payload);
  decode<std::map<std::string, double>>(payload);
  decode<std::optional<std::vector<std::string>>>(payload);
  detail::Decoder decoder;
  try {
    const auto value = decoder.decode<msgpack::object>(payload);
    receive<std::vector<double>>(value);
    receive<std::vector<std::int8_t>>(value);
    receive<std::int32_t>(value);
    receive<std::string>(value);
  } catch (const task_error&) {
    // Said by decode() above, too.
  }
  try {
    std::size_t bytes = 0;
    for (const std::string_view each : detail::payloads_of(payload)) bytes += each.size();
    SPREAD_ASSERT(bytes < payload.size());
  } catch (const task_error&) {
    return;
  }
}

/// As a worker that is given it.
void look_at_frame(std::string_view body, std::string& log) {
  log += body;
  log += '\n';
  if (const auto items = detail::again_items(body)) {
    static_cast<void>(detail::elements_of(*items));
    return;
  }
  if (detail::is_notice(body)) return;
  const detail::Task task = detail::parse_task(body);
  SPREAD_ASSERT(!task.id.empty() && !task.payload.empty());
  for (const std::string_view part : {task.id, task.payload, task.meta}) {
    SPREAD_ASSERT(part.empty() || (part.data() >= body.data() &&
                                   part.data() + part.size() <= body.data() + body.size()));
  }
  look_at_payload(task.payload);
}

/// A worker takes its master's word for how long a frame is, and makes room for it.
bool claims_much(std::string_view bytes) {
  constexpr std::size_t kClaimMax = std::size_t{1} << 20;
  while (bytes.size() >= detail::kHeaderBytes && bytes[0] == '\xc6') {
    const std::size_t size = detail::load_big_endian<std::uint32_t>(bytes.data() + 1);
    if (size > kClaimMax) return true;
    bytes.remove_prefix(std::min(bytes.size(), detail::kHeaderBytes + size));
  }
  return false;
}

/// All frames; `aside`: as while it waits for a reply.
std::string read(ByteView bytes, bool aside) {
  const Frames frames(bytes);
  std::string log;
  try {
    detail::Input input(frames.fd());
    if (aside) {
      std::string body;
      while (input.next_aside(body)) look_at_frame(body, log);
      return log;
    }
    do {
      std::string_view body;
      while (input.next(body)) look_at_frame(body, log);
    } while (input.fill());
  } catch (const detail::Malformed& wrong) {
    log += wrong.what();
  }
  return log;
}

}  // namespace

// What a worker in C++ reads, if it were not its master who writes.
void sdk(ByteView input) {
  if (claims_much(as_text(input))) return;
  check_same(read(input, false), read(input, true));
}

}  // namespace spread::fuzz
