// printf '%s\n' a b c d e | spread run -j4 -- examples/moody [SEED]
#include <spread/worker.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <random>
#include <string>
#include <string_view>
#include <thread>

namespace {

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value != nullptr ? value : "0";
}

}  // namespace

int main(int argc, char** argv) {
  using namespace std::chrono_literals;
  const std::string seed = argc > 1 ? argv[1] : std::to_string(std::random_device()());
  const std::string worker = variable("SPREAD_WORKER");
  const std::string whole = seed + ' ' + worker + ' ' + variable("SPREAD_GENERATION");
  std::seed_seq sequence(whole.begin(), whole.end());
  std::mt19937 mood(sequence);
  std::uniform_real_distribution<double> chance;
  std::exponential_distribution<double> nap(30);
  if (worker != "0" && chance(mood) < 0.3) return 1;

  const auto handle = [&](msgpack::object task) {
    if (task.is_nil()) std::exit(0);
    if (chance(mood) < 0.1) throw spread::busy(100ms, "in a bad mood");
    if (chance(mood) < 0.5) std::this_thread::sleep_for(std::chrono::duration<double>(nap(mood)));
    std::cout << "stdout:";
    task.type == msgpack::type::STR ? std::cout << task.as<std::string_view>() : std::cout << task;
    std::cout << '\n';
    std::cerr << "stderr\n";
    return task;
  };
  return spread::worker(handle, {.window = 1, .capture = true});
}
