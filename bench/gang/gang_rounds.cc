// The gang rows' worker: spread gang -n K -j K --gather root -- gang_rounds barrier 1000 ::: go
// The result is how many seconds the rounds took.

#include <spread/gang.hpp>
#include <string>

#include "rounds.h"

namespace {

struct Members {
  unsigned rank = spread::rank();
  unsigned size = spread::size();

  void barrier() { spread::barrier(); }
  double sum(double own) { return spread::allreduce(own); }
  std::vector<double> sum(const std::vector<double>& mine) { return spread::allreduce(mine); }
  std::vector<double> broadcast(const std::vector<double>& mine) { return spread::broadcast(mine); }
};

}  // namespace

int main(int argc, char** argv) {
  const rounds::Order order = rounds::order_of(argc, argv);
  return spread::worker([order](const std::string&) {
    Members members;
    return rounds::seconds_of(members, order);
  });
}
