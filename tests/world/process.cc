#include "process.h"

#include <signal.h>

#include <cerrno>
#include <utility>

#include "machine.h"

namespace spread::world {

Process::Process(Machine& machine, int its_pid) : pid(its_pid), group(its_pid), machine_(machine) {}

void Process::begin(const Program& program) {
  began = machine_.now();
  body_ = program(*this);
  go_on(body_.handle());
}

/// At this moment, but not within what is going on now.
void Process::go_on(std::coroutine_handle<> handle) {
  machine_.timeline().after(machine_.draw_delay(), [this, handle] {
    if (ending_) return;
    if (stopped_) return held_.push_back(handle);
    machine_.has_stepped();
    if (child) machine_.last_work = machine_.now();
    handle.resume();
    if (body_.done()) end(body_.take_result() << 8);
  });
}

void Process::Wait::await_suspend(std::coroutine_handle<> handle) {
  Process& waiting = process;
  ask([&waiting, handle] { waiting.go_on(handle); });
}

Process::Wait Process::sleep(Time span) {
  return {*this, [this, span](std::function<void()> wake) {
            machine_.timeline().after(span, std::move(wake));
          }};
}

Process::Wait Process::changed(int fd) {
  return {*this, [this, fd](std::function<void()> wake) {
            static_cast<PipeEnd&>(*descriptors.at(fd)).pipe()->changed.add(std::move(wake));
          }};
}

void Process::when_taken(int fd, std::function<void()> what) {
  const auto found = descriptors.find(fd);
  auto* const end =
      found == descriptors.end() ? nullptr : dynamic_cast<PipeEnd*>(found->second.get());
  if (end != nullptr) end->pipe()->when_taken(std::move(what));
}

Co<std::string> Process::read(int fd, std::size_t most) {
  std::string bytes(most, '\0');
  while (true) {
    const ssize_t taken = descriptors.at(fd)->read(bytes.data(), most);
    if (taken != -EAGAIN) {
      bytes.resize(taken > 0 ? static_cast<std::size_t>(taken) : 0);
      co_return bytes;
    }
    co_await changed(fd);
  }
}

Co<bool> Process::write(int fd, std::string bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const auto found = descriptors.find(fd);
    if (found == descriptors.end()) co_return false;
    const ssize_t taken = found->second->write(bytes.data() + done, bytes.size() - done);
    if (taken >= 0) {
      done += static_cast<std::size_t>(taken);
    } else if (taken == -EAGAIN) {
      co_await changed(fd);
    } else {
      co_return false;
    }
  }
  co_return true;
}

void Process::signal(int number) {
  if (ending_) return;
  if (!asked_to_end && (number == SIGTERM || number == SIGKILL)) asked_to_end = machine_.now();
  if (number == SIGSTOP || number == SIGTSTP) {
    stopped_ = true;
  } else if (number == SIGCONT) {
    stopped_ = false;
    for (const std::coroutine_handle<> handle : std::exchange(held_, {})) go_on(handle);
  } else if (number != SIGTERM && number != SIGINT && number != SIGHUP) {
    end(number);
  } else if (ends_after) {
    machine_.timeline().after(*ends_after, [this, number] { end(number); });
  }
}

/// Its frame may be the one that is running, so it is destroyed a moment later.
void Process::end(int status) {
  if (std::exchange(ending_, true)) return;
  machine_.timeline().after(0, [this, status] {
    body_ = {};
    descriptors.clear();
    status_ = status;
    ended_at = machine_.now();
    taken_away = child && machine_.faults().takes_children;
    ended.tell();
  });
}

}  // namespace spread::world
