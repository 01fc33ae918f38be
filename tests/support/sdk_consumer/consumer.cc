#include <spread/worker.hpp>

int main() {
  return spread::worker([](const std::string& word) { return word + "!"; });
}
