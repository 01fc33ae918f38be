#include "threads.h"

#include "machine.h"

namespace spread::world {
namespace {

thread_local Thread* this_one = nullptr;

}  // namespace

Thread::Thread(Machine& machine, std::function<void()> body)
    : machine_(machine), real_([this, body = std::move(body)] {
        this_one = this;
        go_.acquire();
        body();
        over_ = true;
        back_.release();
      }) {}

Thread* Thread::current() { return this_one; }
void Thread::become_main() { this_one = nullptr; }

void Thread::resume() {
  if (over_ || machine_.ended) return;
  go_.release();
  back_.acquire();
}

void Thread::wait() {
  back_.release();
  go_.acquire();
}

}  // namespace spread::world
