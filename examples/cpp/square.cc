// seq 10 | spread run -- ./square
#include <spread/worker.hpp>

int main() {
  return spread::worker([](double x) { return x * x; });
}
