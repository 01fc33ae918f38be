// The gang rows' peer: mpirun -n K gang_rounds_mpi barrier 1000
// Rank 0 prints how many seconds the rounds took.

#include <mpi.h>

#include "rounds.h"

namespace {

struct Members {
  int rank = 0;
  int size = 0;
  std::vector<double> received = std::vector<double>(rounds::kItems);

  Members() {
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
  }
  // A call that fails ends the program.
  void barrier() { MPI_Barrier(MPI_COMM_WORLD); }
  double sum(double own) {
    double all = 0;
    MPI_Allreduce(&own, &all, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
    return all;
  }
  const std::vector<double>& sum(const std::vector<double>& mine) {
    MPI_Allreduce(mine.data(), received.data(), static_cast<int>(mine.size()), MPI_DOUBLE, MPI_SUM,
                  MPI_COMM_WORLD);
    return received;
  }
  const std::vector<double>& broadcast(std::vector<double>& mine) {
    MPI_Bcast(mine.data(), static_cast<int>(mine.size()), MPI_DOUBLE, 0, MPI_COMM_WORLD);
    return mine;
  }
};

}  // namespace

int main(int argc, char** argv) {
  const rounds::Order order = rounds::order_of(argc, argv);
  MPI_Init(&argc, &argv);
  Members members;
  const double seconds = rounds::seconds_of(members, order);
  if (members.rank == 0) printf("%.9f\n", seconds);
  MPI_Finalize();
  return 0;
}
