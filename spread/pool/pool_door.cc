#include "spread/pool/pool_door.h"

#include <array>
#include <cerrno>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "spread/directory/pool_name.h"
#include "spread/io/local_socket.h"
#include "spread/io/private_folder.h"

namespace spread {
namespace {

/// One that lives answers within a turn of its loop.
constexpr Duration kPatience = std::chrono::seconds(10);

tl::unexpected<Error> no_pool(const std::string& name, const Error& why) {
  const bool absent = why.number == ENOENT, killed = why.number == ECONNREFUSED;
  if (!absent && !killed) return fail(fmt::format("pool {}: {}", name, why.message));
  return tl::unexpected(
      Error{fmt::format("there is no pool {}{}; 'spread pool start {} -- WORKER' makes one", name,
                        killed ? " any more: it was killed" : "", name),
            why.number});
}

/// The value of the next frame.
Result<std::vector<Byte>> read_frame(int socket, Duration patience) {
  std::array<Byte, wire::kPoolHeaderBytes> header;
  SPREAD_TRY(read_exactly(socket, header, patience));
  const std::size_t size = wire::pool_frame_size(header);
  if (size == 0) return fail("what answers there is no pool");
  std::vector<Byte> body(size);
  SPREAD_TRY(read_exactly(socket, body, patience));
  return body;
}

}  // namespace

Result<std::string> pool_folder(const Environment& environment) {
  const std::uint32_t user = own_user();
  const PoolPlace place =
      pool_place(environment.get("XDG_RUNTIME_DIR"), user, is_own_folder(run_user_directory(user)),
                 environment.temporary_directory());
  SPREAD_TRY(make_own_folder(place.folder));
  return place.folder;
}

namespace {

/// Connects, calls, and reads the facts. Nothing: it was ending, and what comes next may be another
/// one, or the reason why there is none.
Result<std::optional<CalledPool>> try_call(const std::string& socket_name, const std::string& name,
                                           wire::PoolCall call) {
  auto socket = connect_to(socket_name);
  if (!socket) return no_pool(name, socket.error());
  CalledPool pool{std::move(*socket), {}};
  ByteBuffer bytes;
  wire::append_pool_call(call, bytes);
  if (!write_whole(pool.socket.get(), bytes.view())) return std::optional<CalledPool>();
  const auto answer = read_frame(pool.socket.get(), kPatience);
  if (!answer && answer.error().number == EPIPE) return std::optional<CalledPool>();
  auto facts = answer ? wire::parse_pool_facts(*answer)
                      : Result<wire::PoolFacts>(tl::unexpected(answer.error()));
  if (!facts) return fail(fmt::format("pool {}: {}", name, facts.error().message));
  if (!facts->refused.empty()) return fail(fmt::format("pool {}: {}", name, facts->refused));
  pool.facts = std::move(*facts);
  return std::optional<CalledPool>(std::move(pool));
}

}  // namespace

Result<CalledPool> call_pool(const std::string& folder, const std::string& name,
                             wire::PoolCall call) {
  // One that is killed takes connections for a moment longer.
  constexpr int kTriesMax = 100;
  for (int i = 0; i < kTriesMax; ++i) {
    auto pool = try_call(folder + "/" + name + std::string(kPoolSocket), name, call);
    if (!pool) return tl::unexpected(pool.error());
    if (*pool) return std::move(**pool);
  }
  return fail(fmt::format("pool {}: it takes connections, and closes them", name));
}

Status await_end(const CalledPool& pool, const std::string& name,
                 const std::function<Status(std::string_view)>& tail) {
  while (true) {
    constexpr Duration kAsLongAsItTakes = std::chrono::hours(24 * 24);
    const auto body = read_frame(pool.socket.get(), kAsLongAsItTakes);
    if (!body) {
      return fail(fmt::format("pool {} has ended, and not because it was asked to", name));
    }
    std::string_view text;
    if (!wire::parse_pool_tail(*body, text)) return {};
    SPREAD_TRY(tail(text));
  }
}

Result<std::unique_ptr<Channel>> PoolDoor::open(EventLoop& loop, WorkerId) {
  UniqueFd copy = duplicate(pool_.socket.get());
  // Of a connection that was lost the run has ended.
  if (!pool_.socket || !copy) return fail("pool " + name_ + ": there is no connection to it");
  SPREAD_TRY(set_nonblocking(copy.get()));
  return std::unique_ptr<Channel>(
      std::make_unique<DescriptorChannel>(loop, std::move(copy), std::move(pool_.socket)));
}

std::string PoolDoor::why_over(std::size_t unanswered) const {
  return fmt::format("pool {} has ended, and {} task{} had no answer", name_, unanswered,
                     unanswered == 1 ? "" : "s");
}

}  // namespace spread
