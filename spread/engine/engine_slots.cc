// Which slots there are, and how many of them are used: hosts that are asked for their CPUs, USR1
// and USR2, and what descriptors there are.
#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "spread/base/numbers.h"
#include "spread/engine/engine.h"
#include "spread/io/system.h"
#include "spread/io/terminal.h"

namespace spread {
namespace {

// What spread itself has open, including the other ends of the pipes while a process starts.
constexpr std::uint64_t kOwnDescriptors = 16;

}  // namespace

// ---------------------------------------------------------------- more slots

void Engine::add_slots_from(std::uint32_t first, WorkerId joins) {
  std::vector<SlotAdded> added_slots;
  for (std::uint32_t i = first; i < plan_.workers(); ++i) {
    const WorkerId worker{i};
    run_slots_.push_back(mode_->make_slot(worker));
    const SlotSpec& slot = plan_.roster.slots[i];
    ++open_slots_[slot.host];
    SlotAdded added;
    added.host = slot.host;
    added.key = plan_.key(worker);
    added.joins = joins;
    added.remote = !plan_.is_local(worker);
    added.waits_for_hello = added.remote && config_.scheduler.prepared;
    if (joins == kNoWorker && !config_.scheduler.once && plan_.names_relay(worker)) {
      added.waits_for_hello = true;
      may_be_relays_.insert(worker);
    }
    if (unreached_.count(slot.host) > 0 && config_.scheduler.failure.start_retries > 1) {
      added.failed_starts = config_.scheduler.failure.start_retries - 1;
    }
    added_slots.push_back(added);
  }
  // By host in the order given: hosts that are asked how many slots they have answer in any order.
  const auto by_host = [this](WorkerId a, WorkerId b) {
    return plan_.roster.slots[number(a)].host < plan_.roster.slots[number(b)].host;
  };
  const auto known = static_cast<std::ptrdiff_t>(tail_order_.size());
  for (std::uint32_t i = first; i < plan_.workers(); ++i) tail_order_.push_back(WorkerId{i});
  std::stable_sort(tail_order_.begin() + known, tail_order_.end(), by_host);
  std::inplace_merge(tail_order_.begin(), tail_order_.begin() + known, tail_order_.end(), by_host);
  history_.advise(added_slots);
  for (const SlotAdded& added : added_slots) post(added);
}

void Engine::add_slots_behind(WorkerId relay, std::uint32_t count) {
  const std::uint32_t before = plan_.workers();
  plan_.add_slots_behind(relay, count);
  add_slots_from(before, relay);
  --starts_;
  fit_descriptors_again();
  has_as_many_slots(relay);
}

void Engine::add_local_slots(std::uint32_t count) {
  const std::uint32_t before = plan_.workers();
  plan_.add_local_slots(count);
  add_slots_from(before);
  fit_descriptors_again();
}

void Engine::ask_hosts() {
  if (plan_.roster.ask_cpus.empty()) return look_whether_complete();
  probe_ = std::make_unique<HostProbe>(plan_, spawner_, loop_, questions_fit_);
}

void Engine::take_host_answers() {
  if (!probe_) return;
  probe_->tick();
  if (scheduler_.stopping()) probe_->stop();
  for (HostProbe::Answer& answer : probe_->take_answers()) {
    host_answers_.push_back(std::move(answer));
  }
  // `all` hands its outputs back by worker number, so the numbers must be those of the hosts'
  // order; `run` starts to work wherever it can.
  if (config_.scheduler.once) {
    if (!probe_->done()) return;
    std::sort(host_answers_.begin(), host_answers_.end(),
              [](const auto& a, const auto& b) { return a.host < b.host; });
  }
  const std::uint32_t before = plan_.workers();
  for (const HostProbe::Answer& answer : host_answers_) {
    if (is_ssh_failure(answer.problem)) {
      unreached_[answer.host] = answer.problem;
    } else if (!answer.problem.empty()) {
      reporter_->say("cannot ask " + host_label(plan_.roster.hosts[number(answer.host)]) +
                     " how many CPUs it has: " + answer.problem + "; one is assumed");
    }
    plan_.add_slots_of(answer.host, answer.cpus);
  }
  host_answers_.clear();
  const bool complete = probe_->done();
  if (complete) probe_.reset();
  if (plan_.workers() > before) {
    add_slots_from(before);
    fit_descriptors_again();
  }
  if (!complete) return;
  slots_at_rest_ = std::min(slots_at_rest_, std::max(1u, plan_.workers()) - 1);
  look_whether_complete();
}

/// Relays have not said how many workers they have, or hosts how many CPUs.
void Engine::look_whether_complete() {
  if (!probe_ && may_be_relays_.empty() && !std::exchange(complete_told_, true)) {
    post(SlotsComplete{});
  }
}

void Engine::has_as_many_slots(WorkerId worker) {
  if (may_be_relays_.erase(worker) > 0) look_whether_complete();
}

// ---------------------------------------------------------------- how many of them

Status Engine::fit_descriptors() {
  const std::uint64_t per_worker = mode_->descriptors_per_slot();
  const std::uint64_t own =
      kOwnDescriptors + inherited_descriptors().size() + reporter_->descriptors();
  const std::uint64_t asked = plan_.roster.ask_cpus.size();
  // Those behind a relay have none here.
  const std::uint64_t with_pipes = plan_.workers() - plan_.relayed;
  const std::uint64_t working = with_pipes * per_worker + own;
  const std::uint64_t wanted = working + asked * HostProbe::kDescriptors;
  const std::uint64_t limit = descriptor_limit(streams_, wanted + Spawner::kBackgroundDescriptors);
  // Raised for spread, and not for children.
  if (limit != plan_.descriptor_limit) spawner_.give_descriptor_limit(plan_.descriptor_limit);
  const std::uint64_t room = limit - std::min(limit, own);
  // Where there are too few, one half is for questions as long as there are any.
  questions_fit_ = std::max<std::uint64_t>(
      1, limit >= wanted ? asked : std::min(asked, room / 2 / HostProbe::kDescriptors));
  const std::uint64_t for_questions = asked == 0 ? 0 : questions_fit_ * HostProbe::kDescriptors;
  const std::uint64_t most = (room - std::min(room, for_questions)) / per_worker;
  const bool too_few = most < with_pipes;
  if (asked == 0 && too_few) {
    const std::string told = std::to_string(plan_.workers()) + " at a time need " +
                             std::to_string(wanted) + " file descriptors, and the limit is " +
                             std::to_string(limit) + " (see ulimit -Hn)";
    // `all` needs every one; elsewhere fewer at a time do the same work.
    if (config_.scheduler.once || most == 0) return fail(told + "; or use a smaller -j");
    if (slots_fit_ != most) reporter_->say(told + ": " + std::to_string(most) + " at a time it is");
  }
  slots_fit_ = too_few ? static_cast<std::uint32_t>(std::max<std::uint64_t>(1, most)) : UINT32_MAX;
  limit_slots();
  // On fewer, a CPU would have to be woken for the thread: map -u -j2 on 2 CPUs took 1.2 instead of
  // 1.06 of the limit's time.
  spawner_.limit_background(limit - std::min(limit, wanted), plan_.context.local_cpus);
  return {};
}

/// Slots have been added.
void Engine::fit_descriptors_again() {
  if (const Status fitted = fit_descriptors(); !fitted) abort(fitted.error().message);
}

bool Engine::may_start_later(const Error& error) {
  // Of exec's own errors none is among these but ENOMEM.
  constexpr int kShortages[] = {EAGAIN, ENOMEM, EMFILE, ENFILE};
  if (std::find(std::begin(kShortages), std::end(kShortages), error.number) ==
      std::end(kShortages)) {
    return false;
  }
  // Where no job of this run runs, other programs fill the machine. That may pass, too, but not
  // each job waits for it anew.
  constexpr Duration kPatience = std::chrono::seconds(5);
  if (!out_of_room_since_) out_of_room_since_ = loop_.now();
  const bool waits = !spawner_.idle() || loop_.now() - *out_of_room_since_ < kPatience;
  if (waits && !std::exchange(out_of_room_told_, true)) {
    reporter_->say(error.message + "; it is tried again when there is room");
  }
  return waits;
}

void Engine::limit_slots() {
  const std::uint32_t most = std::max(1u, slots_fit_);
  std::uint32_t limit = most;
  if (slots_at_rest_ > 0) {
    const std::uint32_t all = plan_.workers();
    limit = std::min(limit, all - std::min(all, slots_at_rest_));
  }
  limit = std::max(1u, limit);
  const SlotsLimited limited{limit, most};
  if (limited != std::exchange(slots_limited_, limited)) post(limited);
}

void Engine::set_slots(std::uint32_t slots) {
  if (slots > plan_.workers()) add_local_slots(slots - plan_.workers());
  slots_at_rest_ = plan_.workers() - slots;
  limit_slots();
}

void Engine::read_slots_file() {
  const std::string& name = plan_.hosts.slots_file;
  if (name.empty()) return;
  auto text = read_file(name, streams_.input);
  // An editor may just be writing it anew.
  if (!text || *text == plan_.slots_text) return;
  plan_.slots_text = std::move(*text);
  const auto count = parse_slots_file(plan_.slots_text, plan_.may_be_unlimited);
  if (!count) return reporter_->say("-j " + name + ": " + count.error().message);
  const double cpus = plan_.context.local_cpus;
  double slots = count->number;
  if (count->kind == SlotCount::Kind::Percent) slots = cpus * count->number / 100;
  if (count->kind == SlotCount::Kind::Offset) slots = cpus + count->number;
  if (count->kind == SlotCount::Kind::Unlimited) slots = slots_without_limit(streams_);
  set_slots(static_cast<std::uint32_t>(std::max(1.0, slots)));
}

void Engine::change_slots(int by) {
  if (by > 0 && slots_at_rest_ == 0) return add_local_slots(1);
  // Of those that hosts will say they have, too, as long as they are being asked.
  const std::uint32_t most = probe_ != nullptr ? UINT32_MAX : std::max(1u, plan_.workers()) - 1;
  if (by > 0) {
    --slots_at_rest_;
  } else if (slots_at_rest_ < most) {
    ++slots_at_rest_;
  }
  limit_slots();
}

// ---------------------------------------------------------------- their names

const std::string& RunSlot::host() const { return engine_.plan().host_names[number(id_)]; }

std::string RunSlot::name() const {
  return "worker " + std::to_string(number(id_)) + " on " + host();
}

}  // namespace spread
