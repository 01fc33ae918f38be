#pragma once

/// The work of the gang rows: the same calls, checks and clock for spread, the limit and MPI, which
/// carry what the members say to each other. None of the project's headers may be included here.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <chrono>
#include <vector>

namespace rounds {

enum class Kind { Barrier, Allreduce, AllreduceBig, BroadcastBig };

struct Order {
  Kind kind;
  int rounds;
};

/// An f8 array of 1 MiB.
inline constexpr size_t kItems = (size_t{1} << 20) / sizeof(double);

/// KIND ROUNDS, as the program's last two words.
inline Order order_of(int argc, char** argv) {
  constexpr const char* kNames[] = {"barrier", "allreduce", "allreduce-big", "broadcast-big"};
  if (argc >= 3) {
    for (int i = 0; i < 4; ++i) {
      if (strcmp(argv[argc - 2], kNames[i]) == 0 && atoi(argv[argc - 1]) > 0) {
        return {static_cast<Kind>(i), atoi(argv[argc - 1])};
      }
    }
  }
  fprintf(stderr, "usage: %s barrier|allreduce|allreduce-big|broadcast-big ROUNDS\n", argv[0]);
  exit(2);
}

inline void require(bool right) {
  if (right) return;
  fputs("a member was given a wrong value\n", stderr);
  exit(1);
}

/// `Gang` has rank, size, barrier(), sum(double), and of arrays sum(mine) and broadcast(mine),
/// which give what can be read until the next call.
template <class Gang>
void run(Gang& gang, Order order) {
  std::vector<double> mine(kItems, 1);
  const double size = gang.size;
  for (int round = 0; round < order.rounds; ++round) {
    // The ends of the array are other ones in each round, so that no old one passes for a new one.
    const double own = gang.rank + round;
    const double all = size * (size - 1) / 2 + size * round;
    switch (order.kind) {
      case Kind::Barrier: gang.barrier(); break;
      case Kind::Allreduce: require(gang.sum(own) == all); break;
      case Kind::AllreduceBig: {
        mine.front() = mine.back() = own;
        const std::vector<double>& sum = gang.sum(mine);
        require(sum.size() == kItems && sum[kItems / 2] == size);
        require(sum.front() == all && sum.back() == all);
        break;
      }
      case Kind::BroadcastBig: {
        mine.front() = mine.back() = own;
        const std::vector<double>& roots = gang.broadcast(mine);
        require(roots.size() == kItems && roots.front() == round && roots.back() == round);
        break;
      }
    }
  }
}

/// Of the rounds, without the start of the members and what is made at the first calls.
template <class Gang>
double seconds_of(Gang& gang, Order order) {
  run(gang, {order.kind, 1 + order.rounds / 10});
  gang.barrier();
  const auto begin = std::chrono::steady_clock::now();
  run(gang, order);
  gang.barrier();  // the root of a broadcast may be far ahead of the others
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace rounds
