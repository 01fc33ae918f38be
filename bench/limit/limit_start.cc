// The limit of the row "start-up": one worker, one task, one answer, nothing else.
//
// g++ -O2 -std=c++20 -fno-exceptions -fno-threadsafe-statics -Wl,--as-needed
//     -o limit_start bench/limit/limit_start.cc

#include "echo_worker.h"

int main(int argc, char** argv) {
  if (argc > 1 && strcmp(argv[1], "--worker") == 0) return limit::echo_worker(0);
  const limit::Child child = limit::spawn(argc > 1 ? argv + 1 : limit::own_worker(), 0);
  unsigned char line[4096];
  ssize_t size = limit::read_some(0, line, sizeof line);
  if (size > 0 && line[size - 1] == '\n') --size;
  if (size < 0) limit::die("read the task");
  unsigned char frame[sizeof line + 64];
  const unsigned char* end = limit::put_task(frame, 0, {line, static_cast<size_t>(size)});
  limit::write_all(child.to, frame, static_cast<size_t>(end - frame));
  close(child.to);
  const size_t answer = static_cast<size_t>(end - frame) + limit::kAnswerGrowth;
  if (!limit::read_exactly(child.from, frame, answer)) limit::die_plain("no answer");
  const limit::Bytes result = limit::get_string(frame + limit::kFrameHeader + 1 + 1 + 3);
  memcpy(line, result.data, result.size);
  line[result.size] = '\n';
  limit::write_all(1, line, result.size + 1);
  limit::reap(child.pid);
  return 0;
}
