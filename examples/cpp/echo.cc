// Answers every task with its payload, whatever it is: what a task costs when it does nothing.
// bench/ measures with it.
#include <spread/worker.hpp>

int main() {
  return spread::worker([](spread::raw payload) { return payload; });
}
