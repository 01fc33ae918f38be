#include "spread/tasks/relays.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <fmt/format.h>

#include "spread/base/assert.h"
#include "spread/io/child.h"
#include "spread/launch/launcher.h"
#include "spread/tasks/worker_channels.h"
#include "spread/tasks/worker_mode.h"
#include "spread/tasks/worker_slot.h"

namespace spread {

Result<std::unique_ptr<Channel>> start_process(Engine& engine, WorkerMode& mode, WorkerId slot,
                                               const LaunchPlan& plan) {
  const WorkerSetup& setup = mode.setup();
  if (setup.channels != nullptr) return setup.channels->open(engine.loop(), slot);
  const bool local = engine.plan().is_local(slot);
  SpawnOptions spawn;
  spawn.arguments = plan.arguments;
  spawn.environment = plan.environment;
  spawn.directory = plan.directory;
  spawn.inherits = local;
  ChildOptions options;
  options.end_sequence = {EndStep::term(setup.ends.kill_grace)};
  // Behind a launcher it is the launcher that dies.
  options.ends_dead_group = !setup.is_all() && local;
  auto child = std::make_unique<Child>(engine.loop(), mode.read_buffer(), std::move(options));
  if (const Status started = child->start(engine.spawner(), spawn); !started) {
    Error error = started.error();
    const std::string hint = one_word_hint(plan.arguments.front());
    if (error.number == ENOENT && !hint.empty()) error.message += "; " + hint;
    return tl::unexpected(std::move(error));
  }
  child->input().tail().append(plan.input);
  for (const Slice& piece : engine.plan().encoded_prep) child->input().append(piece);
  return std::unique_ptr<Channel>(std::move(child));
}

Relays::Group* Relays::group_of(WorkerId slot) const {
  return number(slot) < of_slot_.size() ? of_slot_[number(slot)] : nullptr;
}

Relays::Group& Relays::group_of(const RelayConnection& connection) {
  const auto found = std::find_if(groups_.begin(), groups_.end(), [&](const auto& group) {
    return group->connection.get() == &connection;
  });
  SPREAD_ASSERT(found != groups_.end());
  return **found;
}

void Relays::found(WorkerId slot, const wire::Hello& hello, std::unique_ptr<Channel> channel,
                   const Slice& rest) {
  Group& group = *groups_.emplace_back(std::make_unique<Group>());
  const std::uint32_t workers = *hello.workers;
  const std::uint32_t before = engine_.plan().workers();
  engine_.add_slots_behind(slot, workers - 1);
  group.slots.push_back(slot);
  for (std::uint32_t i = before; i < engine_.plan().workers(); ++i) {
    group.slots.push_back(WorkerId{i});
  }
  of_slot_.resize(engine_.plan().workers(), nullptr);
  for (const WorkerId each : group.slots) of_slot_[number(each)] = &group;
  group.connection = RelayConnection::adopt(std::move(channel), workers, rest, engine_.loop(),
                                            mode_.read_buffer(), *this);
  if (hello.beats) expect_beats(group);
}

void Relays::expect_beats(Group& group) {
  const auto& lost_after = mode_.setup().tasks->lost_after;
  if (engine_.plan().beat && lost_after) group.connection->expect_beats(*lost_after);
}

Status Relays::connect(Group& group) {
  const WorkerId first = group.slots.front();
  auto channel = start_process(engine_, mode_, first, engine_.plan().launch(first));
  if (!channel) return tl::unexpected(channel.error());
  group.last_words.clear();
  group.connection = RelayConnection::await(std::move(*channel), mode_.setup().workers.wire,
                                            engine_.loop(), mode_.read_buffer(), *this);
  return {};
}

Result<std::unique_ptr<Channel>> Relays::open(WorkerSlot& slot, const LaunchPlan& plan) {
  Group& group = *group_of(slot.id());
  if (group.connection == nullptr) SPREAD_TRY(connect(group));
  group.users.insert(&slot);
  const auto place = std::find(group.slots.begin(), group.slots.end(), slot.id());
  return group.connection->open(static_cast<std::uint32_t>(place - group.slots.begin()), plan.told);
}

void Relays::left(WorkerSlot& slot) {
  if (Group* const group = group_of(slot.id())) group->users.erase(&slot);
}

void Relays::flush() {
  for (const auto& group : groups_) {
    if (group->connection != nullptr) group->connection->flush();
  }
}

void Relays::close() {
  if (all_ended() || overdue_.at() != kForever) return;
  const EndOptions& ends = mode_.setup().ends;
  const Duration patience = engine_.scheduler().stopping()
                                ? ends.kill_grace
                                : ends.shutdown_timeout.value_or(ends.kill_grace);
  overdue_.set(after(engine_.now(), patience));
  for (const auto& group : groups_) {
    if (group->connection == nullptr) continue;
    group->closing = true;
    group->connection->close();
  }
}

void Relays::too_late() {
  for (const auto& group : groups_) {
    if (group->connection != nullptr) group->connection->terminate();
  }
}

bool Relays::all_ended() const {
  return std::all_of(groups_.begin(), groups_.end(),
                     [](const auto& group) { return group->connection == nullptr; });
}

void Relays::on_relay_errors(RelayConnection& from, std::string_view text) {
  Group& group = group_of(from);
  constexpr std::size_t kLastWords = 200;
  group.last_words = std::string(text.substr(text.size() - std::min(text.size(), kLastWords)));
  engine_.reporter().pass_on(text);
}

void Relays::on_relay_worker(RelayConnection& from, std::uint32_t k, std::string_view host) {
  // Its own machine it calls so, which is what the run knows by the name of the relay's host.
  constexpr std::string_view kThere = "localhost";
  if (host != kThere) engine_.plan().host_names[number(group_of(from).slots[k])] = host;
}

void Relays::on_relay_ended(RelayConnection& which, const ChannelEnd& end, bool clean,
                            std::string problem) {
  Group& group = group_of(which);
  const bool was_up = which.is_up();
  const std::uint32_t workers = static_cast<std::uint32_t>(group.slots.size());
  ended_.push_back(std::move(group.connection));
  if (clean || group.closing) return;
  std::string reason =
      fmt::format("the relay with {} worker{} {}: {}", workers, workers == 1 ? "" : "s",
                  was_up ? "ended" : "could not be started again",
                  !problem.empty()  ? problem
                  : end.not_started ? end.not_started->message
                                    : end.status_or_killed().text(end.killed));
  // Where its tasks succeed elsewhere, nothing else would show it.
  if (!engine_.scheduler().stopping() && mode_.tells_first(reason)) {
    engine_.reporter().say(reason + " (" + engine_.run_slot(group.slots.front()).name() + ")");
  }
  const std::set<WorkerSlot*> users = std::move(group.users);
  group.users.clear();
  for (WorkerSlot* const user : users) user->connection_lost(reason);
  const EndCause cause = was_up ? EndCause::Exited : EndCause::NotStarted;
  engine_.post(ConnectionLost{engine_.scheduler().connection_of(group.slots.front()), cause, false,
                              std::move(reason)});
}

}  // namespace spread
