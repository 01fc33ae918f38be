// System calls on threads.
#include <algorithm>
#include <cerrno>

#include "call.h"
#include "spread/sys/calls.h"
#include "spread/sys/condition.h"
#include "threads.h"

namespace spread::sys {
namespace {

using namespace world;

void resume_soon(Machine& machine, Thread* thread) {
  machine.timeline().after(machine.draw_delay(), [thread] { thread->resume(); });
}

}  // namespace

int eventfd(unsigned, int flags) {
  Machine& machine = enter();
  if (!machine.faults().threads) return answer(-EMFILE);
  if (machine.fails(Call::Eventfd)) return -1;
  auto counter = std::make_shared<OpenCounter>();
  counter->flags = flags;
  return answer(machine.add(std::move(counter)));
}

int pthread_create(pthread_t* thread, std::size_t, void* (*run)(void*), void* argument) {
  Machine& machine = enter();
  if (machine.fails(Call::Thread)) return errno;
  machine.threads.push_back(std::make_unique<Thread>(machine, [run, argument] { run(argument); }));
  *thread = machine.threads.size();
  machine.trace("thread", static_cast<long>(*thread), 0);
  resume_soon(machine, machine.threads.back().get());
  return 0;
}

int pthread_join(pthread_t number) {
  Machine& machine = enter();
  Thread& thread = *machine.threads[number - 1];
  machine.wait([&thread] { return thread.over(); }, std::nullopt);
  thread.join();
  return 0;
}

void Condition::wait(std::unique_lock<std::mutex>& lock) {
  Machine& machine = Machine::current();
  machine.waiting[this].push_back(Thread::current());
  lock.unlock();
  Thread::current()->wait();
  lock.lock();
}

void Condition::notify_one() {
  Machine& machine = enter();
  std::vector<Thread*>& waiting = machine.waiting[this];
  if (waiting.empty()) return;
  resume_soon(machine, waiting.front());
  waiting.erase(waiting.begin());
}

void Condition::notify_all() {
  Machine& machine = enter();
  for (Thread* thread : machine.waiting[this]) resume_soon(machine, thread);
  machine.waiting[this].clear();
}

}  // namespace spread::sys
