// One program for all tests of the SDK: its first argument says which worker it is.

#include <spread/worker.hpp>

#include <map>
#include <sstream>
#include <thread>

int serve_gang_calls();                     // gang_calls.cc
int serve_shards(const std::string& name);  // shard_calls.cc
// subtask_calls.cc
int serve_subtask_calls();
int serve_captured_subtask_calls();
int serve_two_handlers();
int serve_two_handlers_with_prep();
int call_subtasks_without_master();
int poll_subtasks_without_master();
int call_two_handlers_without_master();

namespace {

bool forked = false;

}  // namespace

// The leak check at the end of a forked child waits for locks that another thread may have held at
// the fork: such a child hung in one of fifty runs.
extern "C" int __lsan_is_turned_off() { return forked ? 1 : 0; }  // NOLINT: the sanitizer's name

namespace {

struct Point {
  double x = 0;
  double y = 0;
  MSGPACK_DEFINE_MAP(x, y)
};

struct Stranger {};

std::string throw_as(const std::string& what) {
  using namespace std::chrono_literals;
  if (what == "runtime") throw std::runtime_error("it broke");
  if (what == "task_error") throw spread::task_error{"range", "too far", "line 1\nline 2"};
  if (what == "fatal") throw spread::fatal{"model", "wrong model"};
  if (what == "busy") throw spread::busy{2500ms};
  if (what == "busy why") throw spread::busy{2s, "load average 14"};
  if (what == "text") throw std::string("thrown text");
  if (what == "literal") throw "a literal";
  if (what == "int") throw 42;
  if (what == "bytes") throw std::runtime_error("bad \xff\xfe text \xe2\x82\xac");
  if (what == "stranger") throw Stranger{};
  return "nothing thrown";
}

/// Prints in all the ways in which it happens by accident.
int print_everywhere(const std::string& word) {
  std::printf("%s from printf", word.c_str());
  std::cout << word << " from cout";
  const std::string command = "echo " + word + " from a child";
  std::fflush(stdout);
  if (std::system(command.c_str()) != 0) return 1;
  std::fprintf(stderr, "%s on stderr\n", word.c_str());
  return 0;
}

/// Blocks until a process writes to the fifo of that name.
std::string wait_on(const std::string& fifo) {
  const int fd = open(fifo.c_str(), O_RDONLY | O_CLOEXEC);
  char byte = '?';
  if (fd < 0 || read(fd, &byte, 1) != 1) throw std::runtime_error("nothing came");
  close(fd);
  return {byte};
}

std::string notify_from_threads(int count) {
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i) {
    threads.emplace_back([i] {
      for (int j = 0; j < 100; ++j) spread::log(std::to_string(i) + std::string(100, '.'));
    });
  }
  for (auto& thread : threads) thread.join();
  return "done";
}

/// Says what the payload, a message as tests/golden has it, asks for.
int say(std::map<std::string, msgpack::object> message) {
  const auto kind = message["kind"].as<std::string>();
  if (kind == "busy") {
    throw spread::busy(std::chrono::duration<double>(message["seconds"].as<double>()),
                       message["text"].as<std::string>());
  }
  if (kind == "progress") spread::progress(message["fraction"].as<double>());
  if (kind == "log") spread::log(message["text"].as<std::string>());
  if (kind != "error" && kind != "fatal") return 0;
  auto error = message["error"].as<std::map<std::string, std::string>>();
  if (kind == "fatal") throw spread::fatal(error["type"], error["message"], error["trace"]);
  throw spread::task_error(error["type"], error["message"], error["trace"]);
}

struct Sums {
  std::unique_ptr<int> calls = std::make_unique<int>(0);  // what cannot be copied is no hindrance
  std::string words;
  explicit Sums(std::string w) : words(std::move(w)) {}
  Sums(const Sums&) = delete;
  Sums& operator=(const Sums&) = delete;
  ~Sums() { std::printf("%d calls\n", *calls); }
};

int serve_one_fd_report() {
  // What a handler finds on the standard descriptors.
  return spread::worker([](const std::string& name) {
    if (name == "stdin") return std::to_string(std::getchar());
    std::string target(200, '\0');
    const ssize_t n = readlink(("/proc/self/fd/" + name).c_str(), target.data(), target.size());
    target.resize(n < 0 ? 0 : static_cast<std::size_t>(n));
    return target;
  });
}

const std::map<std::string, int (*)()>& kinds() {
  using spread::worker;
  static const std::map<std::string, int (*)()> all = {
      {"square", [] { return worker([](double x) { return x * x; }); }},
      {"byte", [] { return worker([](std::uint8_t x) { return x; }); }},
      {"text", [] { return worker([](const std::string& s) { return s + "!"; }); }},
      {"view", [] { return worker([](std::string_view s) { return s; }); }},
      {"raw", [] { return worker([](spread::raw v) { return v; }); }},
      {"bytes", [] { return worker([](std::span<const std::byte> b) { return b; }); }},
      {"object", [] { return worker([](const msgpack::object& o) { return o; }); }},
      {"mirror", [] { return worker([](Point p) {
                        return Point{p.y, p.x};
                      }); }},
      {"map",
       [] { return worker([](const std::map<std::string, std::vector<int>>& m) { return m; }); }},
      {"void", [] { return worker([](spread::raw) {}); }},
      {"nothing or half",
       [] {
         return worker([](int n) { return n % 2 == 0 ? std::optional<int>(n / 2) : std::nullopt; });
       }},
      {"throw", [] { return worker(throw_as); }},
      {"notify",
       [] {
         return worker([](const std::string& text) {
           spread::progress(0.25);
           spread::progress(0.5, text);
           spread::log(text);
           return text;
         });
       }},
      {"notify from threads", [] { return worker(notify_from_threads); }},
      {"print", [] { return worker(print_everywhere); }},
      {"captured print", [] { return worker(print_everywhere, {.capture = true}); }},
      {"captured throw",
       [] {
         return worker(
             [](const std::string& what) {
               std::printf("before %s\n", what.c_str());
               return throw_as(what);
             },
             {.capture = true});
       }},
      {"tail",
       [] {
         int tasks = 0;
         std::printf("printed before");
         const int status = worker([&](spread::raw) { return ++tasks; });
         std::printf("%d tasks", tasks);
         return status;
       }},
      {"prep all",
       [] {
         return worker(
             [](Sums& sums, const std::string& word) {
               return sums.words + word + std::to_string(++*sums.calls);
             },
             spread::prep([](const std::vector<std::string>& items) {
               std::string words;
               for (const auto& item : items) words += item + " ";
               return Sums(words);
             }));
       }},
      {"prep two",
       [] {
         return worker([](std::pair<std::string, int>& both, int n) { return both.second + n; },
                       spread::prep([](std::string_view name, int n) {
                         return std::pair(std::string(name), n);
                       }));
       }},
      {"prep raw",
       [] {
         return worker(
             [](std::string& values, spread::raw) { return std::as_bytes(std::span(values)); },
             spread::prep([](const std::vector<spread::raw>& items) {
               std::string values;
               for (const auto& item : items) values += item.msgpack;
               return values;
             }));
       }},
      {"say", [] { return worker(say); }},
      {"prep fails",
       [] {
         return worker([](int n) { return n; }, spread::prep([] {
                         throw std::runtime_error("model.bin: No such file or directory");
                       }));
       }},
      {"big", [] { return worker([](std::size_t n) { return std::string(n, 'x'); }); }},
      {"claim", [] { return worker([](std::size_t n) { return std::string_view("x", n); }); }},
      {"floats",
       [] { return worker([](double x) {
              return std::vector<float>{-0.0F, float(x)};
            }); }},
      {"big list",
       [] { return worker([](int n) { return std::vector<int>(std::size_t(n), 7); }); }},
      {"exit",
       [] {
         return worker([](int n) {
           if (n < 0) std::exit(7);
           return n;
         });
       }},
      {"fork",
       [] {
         return worker([](int n) {
           if (n < 0 && fork() == 0) {
             forked = true;
             std::exit(0);
           }
           return n;
         });
       }},
      {"wait",
       [] {
         return worker(
             [](const std::string& fifo) { return fifo[0] == '/' ? wait_on(fifo) : fifo; });
       }},
      {"pause",
       [] {
         return worker([](int) {
           spread::progress(0);
           for (;;) pause();
         });
       }},
      {"child that breaks a pipe",
       [] { return worker([](int) { return std::system("kill -PIPE $$") & 0x7f; }); }},
      {"descriptors", serve_one_fd_report},
      {"early",
       [] {
         static const spread::early early;
         std::puts("a library says hello");
         std::fflush(stdout);
         return worker([](int n) { return n; });
       }},
      {"early, no worker",
       [] {
         {
           const spread::early early;
           std::puts("a library says hello");
         }
         std::puts("usage: ...");
         return 0;
       }},
      {"move only",
       [] {
         auto base = std::make_unique<int>(40);
         return worker([base = std::move(base)](int n) mutable noexcept { return *base + n; });
       }},
      {"asks",
       [] {
         const int status = worker([](std::string_view what) -> std::string {
           if (what == "leave") spread::retire();
           if (what == "debug") spread::log("to the authors", spread::level::debug);
           if (what == "meta") return std::to_string(spread::meta().get().via.map.size);
           if (what == "who") return spread::whoami().engine;
           if (what != "sing") return std::string(what);
           const auto song = spread::ask("sing", 8, "la");
           return std::string(what) + " " + song.get().as<std::string>();
         });
         std::puts("tail");
         return status;
       }},
      {"gang", serve_gang_calls},
      {"grows",
       [] {
         std::vector<std::vector<char>> kept;
         return worker([&](std::string_view what) {
           if (what == "grow") kept.emplace_back(std::size_t{100'000'000}, 'x');
           if (what == "busy") throw spread::busy(std::chrono::seconds(1));
           return kept.size();
         });
       }},
      {"subtasks", serve_subtask_calls},
      {"captured subtasks", serve_captured_subtask_calls},
      {"two handlers", serve_two_handlers},
      {"two handlers, prep", serve_two_handlers_with_prep},
      {"local subtasks", call_subtasks_without_master},
      {"polled local subtasks", poll_subtasks_without_master},
      {"two local handlers", call_two_handlers_without_master},
      {"window", [] { return worker([](int n) { return n; }, {.window = 3}); }},
  };
  return all;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string name = argc > 1 ? argv[1] : "";
  if (name.rfind("shards: ", 0) == 0) return serve_shards(name.substr(8));
  const auto kind = kinds().find(name);
  if (kind == kinds().end()) return 99;
  return kind->second();
}
