// The worker of tiles: a task is [x, y, side of the tile, side of the image], its answer the grey
// levels.
#include <spread/worker.hpp>

#include <complex>
#include <tuple>
#include <vector>

namespace {

unsigned char grey(std::complex<double> c) {
  std::complex<double> z = 0;
  int steps = 0;
  while (steps < 255 && std::norm(z) < 4) z = z * z + c, ++steps;
  return static_cast<unsigned char>(steps);
}

std::vector<unsigned char> tile(std::tuple<int, int, int, int> task) {
  const auto [left, top, side, whole] = task;
  std::vector<unsigned char> levels;
  for (int y = top; y < top + side; ++y) {
    for (int x = left; x < left + side; ++x) {
      levels.push_back(grey({3.0 * x / whole - 2.2, 3.0 * y / whole - 1.5}));
    }
  }
  return levels;
}

}  // namespace

int main() { return spread::worker(tile); }
