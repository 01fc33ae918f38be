// The limit of the gang rows: a master that hands on what members say to each other, over a pair of
// pipes each, and keeps no account of anything. Rounds are those of ../gang/rounds.h; the seconds
// that they took are printed.
//
// g++ -O2 -std=c++20 -fno-exceptions -o limit_gang bench/limit/limit_gang.cc

#include <sys/epoll.h>
#include <sys/uio.h>

#include <string>

#include "../gang/rounds.h"
#include "limit.h"
#include "option_number.h"

namespace {

enum class Call : uint32_t { Barrier, Sum, Broadcast, Done };

/// In front of `bytes` bytes of doubles.
struct Head {
  Call call;
  uint32_t bytes;
};

void write_message(int fd, Head head, const double* items) {
  iovec parts[2] = {{&head, sizeof head}, {const_cast<double*>(items), head.bytes}};
  const ssize_t n = writev(fd, parts, head.bytes > 0 ? 2 : 1);
  if (n < 0) limit::die("write");
  const size_t done = static_cast<size_t>(n);
  if (done < sizeof head) limit::die_plain("a pipe takes half a head");
  limit::write_all(fd, reinterpret_cast<const char*>(items) + (done - sizeof head),
                   head.bytes - (done - sizeof head));
}

/// A member, on stdin and stdout.
struct Members {
  unsigned rank;
  unsigned size;
  std::vector<double> received = std::vector<double>(rounds::kItems);

  void call(Call what, const double* items, size_t count) {
    write_message(1, {what, static_cast<uint32_t>(count * sizeof(double))}, items);
    Head head;
    if (!limit::read_exactly(0, &head, sizeof head)) limit::die_plain("the master is gone");
    if (head.bytes > 0) limit::read_exactly(0, received.data(), head.bytes);
  }
  void barrier() { call(Call::Barrier, nullptr, 0); }
  double sum(double own) {
    call(Call::Sum, &own, 1);
    return received[0];
  }
  const std::vector<double>& sum(const std::vector<double>& mine) {
    call(Call::Sum, mine.data(), mine.size());
    return received;
  }
  const std::vector<double>& broadcast(const std::vector<double>& mine) {
    call(Call::Broadcast, mine.data(), rank == 0 ? mine.size() : 0);
    return received;
  }
};

/// The master's end of one.
struct Member {
  limit::Child child;
  Head head;
  std::vector<double> items = std::vector<double>(rounds::kItems);
  size_t got = 0;  ///< bytes of head and items

  /// Reads what is there; true when the message is whole.
  bool read() {
    for (;;) {
      const bool in_head = got < sizeof head;
      char* const to = in_head ? reinterpret_cast<char*>(&head) + got
                               : reinterpret_cast<char*>(items.data()) + (got - sizeof head);
      // A message is followed by nothing before it is answered: so it may be read with its head.
      const iovec parts[2] = {{to, in_head ? sizeof head - got : sizeof head + head.bytes - got},
                              {items.data(), items.size() * sizeof(double)}};
      const ssize_t n = readv(child.from, parts, in_head ? 2 : 1);
      if (n < 0 && errno == EAGAIN) return false;
      if (n <= 0) limit::die_plain("a member ended");
      got += static_cast<size_t>(n);
      if (got >= sizeof head && got == sizeof head + head.bytes) return true;
    }
  }
};

void answer(std::vector<Member>& members) {
  Member& root = members[0];
  Head head = root.head;
  if (head.call == Call::Sum) {
    for (size_t rank = 1; rank < members.size(); ++rank) {
      const double* const next = members[rank].items.data();
      for (size_t i = 0; i < head.bytes / sizeof(double); ++i) root.items[i] += next[i];
    }
  }
  // All of them read by now, so that a write that blocks ends.
  for (Member& member : members) {
    if (member.head.call != head.call) limit::die_plain("members differ");
    member.got = 0;
    write_message(member.child.to, head, root.items.data());
  }
}

int master(size_t size, char** argv) {
  limit::raise_descriptor_limit();
  const int poll = epoll_create1(EPOLL_CLOEXEC);
  std::vector<Member> members(size);
  const std::string k = std::to_string(size);
  for (size_t rank = 0; rank < size; ++rank) {
    const std::string r = std::to_string(rank);
    const char* words[] = {"/proc/self/exe", "--worker", r.c_str(), k.c_str(),
                           argv[0],          argv[1],    nullptr};
    members[rank].child = limit::spawn(const_cast<char* const*>(words), 1 << 20);
    limit::set_nonblocking(members[rank].child.from);
    epoll_event event{EPOLLIN, {.u64 = rank}};
    if (epoll_ctl(poll, EPOLL_CTL_ADD, members[rank].child.from, &event) < 0) limit::die("epoll");
  }
  size_t whole = 0;
  std::vector<epoll_event> events(size);
  for (bool done = false; !done;) {
    const int n = epoll_wait(poll, events.data(), static_cast<int>(size), -1);
    for (int i = 0; i < n; ++i) {
      if (members[events[static_cast<size_t>(i)].data.u64].read()) ++whole;
    }
    if (whole < size) continue;
    whole = 0;
    done = members[0].head.call == Call::Done;
    answer(members);
  }
  for (const Member& member : members) limit::reap(member.child.pid);
  printf("%.9f\n", members[0].items[0]);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const rounds::Order order = rounds::order_of(argc, argv);
  if (argc == 6 && strcmp(argv[1], "--worker") == 0) {
    Members members{static_cast<unsigned>(atoi(argv[2])), static_cast<unsigned>(atoi(argv[3]))};
    const double seconds = rounds::seconds_of(members, order);
    members.call(Call::Done, &seconds, 1);
    return 0;
  }
  int i = 1;
  const size_t size =
      argc >= 4 && strncmp(argv[1], "-j", 2) == 0 ? limit::option_number(argv, i) : 0;
  if (size == 0 || i + 3 != argc) {
    fprintf(stderr, "usage: %s -j MEMBERS KIND ROUNDS\n", argv[0]);
    return 2;
  }
  return master(size, argv + i + 1);
}
