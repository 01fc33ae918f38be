// Squares of the numbers of the command line, by workers: twelve_lines 1 2 3 -- ./square
#include <spread/pool.h>

#include <algorithm>
#include <iostream>
#include <string>

int main(int argc, char** argv) {
  char** const dashes = std::find(argv, argv + argc, std::string("--"));
  spread::PoolOptions options;
  options.command.assign(std::min(dashes + 1, argv + argc), argv + argc);
  spread::Pool pool(options);
  for (double square : pool.map<double>(std::vector<std::string>(argv + 1, dashes))) {
    std::cout << square << '\n';
  }
}
