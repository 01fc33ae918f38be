#include <spread/pool.h>

#include <cstdio>
#include <vector>

int main(int argc, char** argv) {
  spread::PoolOptions options;
  options.command.assign(argv + 1, argv + argc);
  options.slots = 1;
  spread::Pool pool(options);
  for (const double square : pool.map<double>(std::vector{1, 2, 3})) std::printf("%g\n", square);
}
