// System calls that wait, signals, clocks, and facts about the machine.
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "call.h"
#include "spread/sys/calls.h"

namespace spread::sys {
namespace {

using namespace world;

std::optional<Time> deadline(const Machine& machine, int timeout_ms) {
  if (timeout_ms < 0) return std::nullopt;
  return machine.now() + timeout_ms * kMillisecond;
}

}  // namespace

int poll(pollfd* asked, std::size_t count, int timeout_ms) {
  Machine& machine = enter();
  if (machine.fails(Call::Poll)) return -1;
  const auto look = [&] {
    int ready = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const auto found = machine.descriptors.find(asked[i].fd);
      const unsigned now = found == machine.descriptors.end() ? 0u : found->second->ready();
      const unsigned wanted = static_cast<unsigned>(asked[i].events) | POLLERR | POLLHUP;
      asked[i].revents = static_cast<short>(now & wanted);
      ready += asked[i].revents != 0 ? 1 : 0;
    }
    return ready;
  };
  machine.wait([&] { return look() > 0; }, deadline(machine, timeout_ms));
  return look();
}

int epoll_create1(int) {
  Machine& machine = enter();
  if (machine.fails(Call::EpollCreate)) return -1;
  return answer(machine.add(std::make_shared<OpenEpoll>()));
}

int epoll_ctl(int epoll, int operation, int fd, epoll_event* event) {
  Machine& machine = enter();
  const auto watched = machine.descriptors.find(fd);
  const auto set = machine.descriptors.find(epoll);
  if (watched == machine.descriptors.end() || set == machine.descriptors.end()) {
    return answer(-EBADF);
  }
  if (operation == EPOLL_CTL_ADD && machine.fails(Call::EpollAdd, fd)) return -1;
  auto& events = static_cast<OpenEpoll&>(*set->second);
  machine.trace(operation == EPOLL_CTL_ADD   ? "epoll add"
                : operation == EPOLL_CTL_DEL ? "epoll del"
                                             : "epoll mod",
                fd, operation == EPOLL_CTL_DEL ? 0 : static_cast<long>(event->events));
  return answer(events.control(operation, fd, watched->second, event));
}

int epoll_wait(int epoll, epoll_event* events, int count, int timeout_ms) {
  Machine& machine = enter();
  if (machine.fails(Call::EpollWait)) return -1;
  const auto& set = static_cast<OpenEpoll&>(*machine.descriptors.at(epoll));
  std::vector<epoll_event> ready;
  machine.wait(
      [&] {
        ready = set.collect();
        return !ready.empty();
      },
      deadline(machine, timeout_ms));
  // In no particular order, as the kernel promises none.
  for (std::size_t i = ready.size(); i > 1; --i) {
    std::swap(ready[i - 1], ready[machine.draw(0, i - 1)]);
  }
  const std::size_t told = std::min(ready.size(), static_cast<std::size_t>(count));
  std::copy_n(ready.begin(), told, events);
  machine.trace("epoll_wait", timeout_ms, static_cast<long>(told));
  return static_cast<int>(told);
}

int timerfd_create(int, int) {
  Machine& machine = enter();
  if (machine.fails(Call::Timerfd)) return -1;
  return answer(machine.add(std::make_shared<OpenTimer>(machine.timeline())));
}

int timerfd_settime(int fd, int, const itimerspec* when) {
  Machine& machine = enter();
  static_cast<OpenTimer&>(*machine.descriptors.at(fd)).set(when->it_interval.tv_nsec);
  return 0;
}

int signalfd(int, const sigset_t* signals, int flags) {
  Machine& machine = enter();
  if (machine.fails(Call::Signalfd)) return -1;
  const auto next = [&machine, wanted = *signals] {
    for (int number = 1; number < NSIG; ++number) {
      if (sigismember(&wanted, number) == 1 && sigismember(&machine.pending, number) == 1) {
        return number;
      }
    }
    return 0;
  };
  auto open = std::make_shared<OpenNotice>([next] { return next() != 0; },
                                           [next, &machine](void* into, std::size_t) -> ssize_t {
                                             const int number = next();
                                             if (number == 0) return -EAGAIN;
                                             sigdelset(&machine.pending, number);
                                             signalfd_siginfo info{};
                                             info.ssi_signo = static_cast<std::uint32_t>(number);
                                             std::memcpy(into, &info, sizeof info);
                                             return sizeof info;
                                           });
  open->flags = flags;
  return answer(machine.add(std::move(open)));
}

int sigaction(int, const struct sigaction*, struct sigaction* now) {
  enter();
  if (now != nullptr) {
    *now = {};
    now->sa_handler = SIG_DFL;
  }
  return 0;
}

int pthread_sigmask(int how, const sigset_t* next, sigset_t* now) {
  Machine& machine = enter();
  if (now != nullptr) *now = machine.blocked;
  if (next == nullptr) return 0;
  for (int number = 1; number < NSIG; ++number) {
    const bool named = sigismember(next, number) == 1;
    if (how == SIG_SETMASK)
      named ? sigaddset(&machine.blocked, number) : sigdelset(&machine.blocked, number);
    if (how == SIG_BLOCK && named) sigaddset(&machine.blocked, number);
    if (how == SIG_UNBLOCK && named) sigdelset(&machine.blocked, number);
  }
  return 0;
}
int sigtimedwait(const sigset_t*, const timespec*) { return -1; }

std::int64_t monotonic_ns() { return Machine::current().now() + kSecond; }
std::int64_t realtime_ns() {
  constexpr std::int64_t kDay = 20'000 * 86'400 * kSecond;
  return Machine::current().now() + kDay;
}

double cpus() { return 2; }
double load() { return 0.5; }
int gethostname(char* into, std::size_t) {
  std::strcpy(into, "world");
  return 0;
}
int getrlimit(int, rlimit* limit) {
  limit->rlim_cur = limit->rlim_max = Machine::current().faults().descriptors_max;
  return 0;
}
long page_size() { return 4096; }
long argument_max() { return 2 * 1024 * 1024; }
ssize_t getrandom(void* into, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) {
    static_cast<char*>(into)[i] = static_cast<char>(Machine::current().draw(0, 255));
  }
  return static_cast<ssize_t>(size);
}

}  // namespace spread::sys
