#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace spread::test {

/// How a worker process is started.
struct Start {
  std::string program;
  std::vector<std::string> arguments;
  std::vector<std::string> environment;  ///< "NAME=value", instead of the test's.
  bool sockets = false;                  ///< Socket pairs instead of pipes, as some sshds do.
  bool non_blocking = false;             ///< The worker's ends, as some parents leave them.
};

/// The master's side of one real worker process, for tests: everything blocks, and what does not
/// come ends the test (ctest's time-out). JSON stands for msgpack on this side of the wire.
class WorkerProcess {
 public:
  explicit WorkerProcess(const Start& start);
  WorkerProcess(const WorkerProcess&) = delete;
  WorkerProcess& operator=(const WorkerProcess&) = delete;
  ~WorkerProcess();

  /// A frame that holds this JSON value.
  static std::string frame(std::string_view json);
  /// A fixture worker of sdk_worker.cc that has said hello.
  static Start kind(const std::string& name, const std::vector<std::string>& environment = {});

  void send(std::string_view json) { send_bytes(frame(json)); }
  void send_bytes(std::string_view bytes);
  /// Waits until the worker has taken everything that was sent out of the pipe.
  void wait_until_read() const;
  void close_input();

  /// The next frame's value as compact JSON; "end" where there is none, "stray: ..." for bytes that
  /// are no frame. A ready is only counted.
  std::string receive();
  /// The same, undecoded and with its header and newline.
  std::string receive_bytes();
  void close_output();

  /// What is written until its stdout ends, without a ready in front.
  std::string tail();
  /// How often it has said that it is ready.
  int ready() const { return ready_; }
  /// Exit status, or 128 + signal.
  int wait();
  /// What it wrote to stderr. After wait().
  std::string errors() const;

 private:
  static const std::string& ready_frame();
  std::string receive_any();
  bool read_to(std::size_t size);

  int pid_ = -1;
  int in_ = -1;
  int out_ = -1;
  int errors_ = -1;
  int status_ = -1;
  int ready_ = 0;
  std::string buffer_;
};

}  // namespace spread::test
