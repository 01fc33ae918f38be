// A Pool with real workers (pool_worker.py).
#include "spread/pool.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <mutex>
#include <ranges>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace {

using spread::Job;
using spread::Pool;
using spread::PoolOptions;
using spread::Results;
using spread::State;
using spread::Value;

const std::string kSource = SPREAD_SOURCE_DIR;

PoolOptions options(unsigned slots = 1) {
  PoolOptions options;
  options.command = {"/usr/bin/python3", kSource + "/tests/unit/libspread/pool_worker.py"};
  options.slots = slots;
  options.environment = {{"PYTHONPATH", kSource + "/worker_sdk/python"},
                         {"PYTHONDONTWRITEBYTECODE", "1"}};
  return options;
}

template <class T = int>
std::pair<std::string, Value> task(const std::string& op, const T& argument = T()) {
  return {op, Value::of(argument)};
}

template <class... Tasks>
Job job(const Tasks&... tasks) {
  Job job;
  (job.add(tasks), ...);
  return job;
}

/// What waits in a worker for as long as the test wants: the task ends with the text it is given.
class Fifo {
 public:
  Fifo() {
    char name[] = "/tmp/spread_pool_test_XXXXXX";
    folder_ = mkdtemp(name);
    if (mkfifo(path().c_str(), 0600) != 0) std::abort();
  }
  ~Fifo() {
    unlink(path().c_str());
    rmdir(folder_.c_str());
  }
  std::string path() const { return folder_ + "/fifo"; }
  auto wait_task() const { return task("read", path()); }
  /// Returns when the worker has it open, and works at it.
  void await() { fd_ = ::open(path().c_str(), O_WRONLY); }
  void release(const std::string& text) {
    if (write(fd_, text.data(), text.size()) < 0) std::abort();
    ::close(fd_);
  }

 private:
  std::string folder_;
  int fd_ = -1;
};

template <class Thrown>
std::string thrown(const std::function<void()>& act) {
  try {
    act();
  } catch (const Thrown& error) {
    return error.what();
  }
  return "nothing";
}

std::string states(const Results& results) {
  std::string text;
  for (const spread::TaskResult& each : results) {
    if (!text.empty()) text += ", ";
    text += each.failure ? each.failure->type : "ok";
  }
  return text;
}

bool lives(int pid) { return kill(pid, 0) == 0; }

// ---------------------------------------------------------------- jobs

TEST(Pool, GivesValuesInTheOrderOfTheTasks) {
  Pool pool(options(2));
  std::vector<std::pair<std::string, Value>> tasks;
  for (int i = 0; i < 100; ++i) tasks.push_back(task("echo", i));
  const std::vector<int> values = pool.map<int>(tasks);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(values[static_cast<std::size_t>(i)], i);
}

TEST(Pool, TakesAnyRange) {
  Pool pool(options());
  auto tasks = std::views::iota(0, 6) | std::views::filter([](int i) { return i % 2 == 1; }) |
               std::views::transform([](int i) { return task("echo", i); });
  EXPECT_EQ(pool.map<int>(tasks), (std::vector<int>{1, 3, 5}));
}

TEST(Pool, KeepsItsWorkersBetweenJobs) {
  Pool pool(options());
  const int first = pool.map<int>(std::vector{task("pid")}).front();
  EXPECT_EQ(pool.map<int>(std::vector{task("pid")}).front(), first);
}

TEST(Pool, HasNothingToDoForNoTasks) {
  Pool pool(options());
  EXPECT_TRUE(pool.submit(Job()).get().empty());
  EXPECT_EQ(pool.num_active().workers, 0u);
}

TEST(Pool, TakesJobsWhileOthersRun) {
  Pool pool(options(2));
  std::vector<spread::Future<Results>> futures;
  for (int i = 0; i < 50; ++i)
    futures.push_back(pool.submit(job(task("echo", i), task("echo", -i))));
  for (int i = 49; i >= 0; --i) {
    EXPECT_EQ(futures[static_cast<std::size_t>(i)].get().list<int>(), (std::vector<int>{i, -i}));
  }
}

TEST(Pool, IsUsedByManyThreads) {
  Pool pool(options(2));
  std::vector<std::thread> threads;
  std::vector<int> sums(8);
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 20; ++i) {
        sums[static_cast<std::size_t>(t)] += pool.map<int>(std::vector{task("echo", t)}).front();
      }
    });
  }
  for (std::thread& each : threads) each.join();
  for (int t = 0; t < 8; ++t) EXPECT_EQ(sums[static_cast<std::size_t>(t)], 20 * t);
}

TEST(Pool, BeginsJobsInTheOrderOfSubmission) {
  PoolOptions one = options();
  one.window = 1;
  Pool pool(one);
  Fifo fifo;
  auto first = pool.submit(job(fifo.wait_task()));
  auto second = pool.submit(job(task("echo", 2)));
  fifo.await();
  EXPECT_FALSE(second.ready());
  EXPECT_EQ(second.wait_for(std::chrono::seconds(0)).has_value(), false);
  fifo.release("1");
  EXPECT_EQ(second.get().value<int>(0), 2);
  EXPECT_TRUE(first.ready());
}

TEST(Pool, TellsWhichWorkerComputedWhat) {
  Pool pool(options(2));
  Fifo fifo;
  // One worker is kept, so that the other one has the rest.
  auto future = pool.submit(job(fifo.wait_task(), task("echo", 7)));
  fifo.await();
  fifo.release("x");
  const auto workers = future.get().by_worker();
  std::size_t tasks = 0;
  for (const spread::WorkerResults& each : workers) {
    tasks += each.tasks.size();
    EXPECT_EQ(each.host, "localhost");
    EXPECT_EQ(each.arguments, options().command);
    EXPECT_EQ(each.parameters.size(), each.results.size());
  }
  EXPECT_EQ(tasks, 2u);
}

// ---------------------------------------------------------------- failures

TEST(Pool, ThrowsTheFirstFailureWithWhatWasPrinted) {
  Pool pool(options());
  const auto act = [&] {
    pool.map<int>(std::vector{task("echo", Value::of(1)), task("fail", Value::of("negative"))});
  };
  EXPECT_EQ(thrown<spread::RemoteException>(act), "task 1: ValueError: negative");
  EXPECT_EQ(pool.map<int>(std::vector{task("echo", 3)}).front(), 3);
}

TEST(Pool, TriesATaskAgainThatFails) {
  PoolOptions twice = options();
  twice.retries = 2;
  Pool pool(twice);
  const Results results = pool.submit(job(task("fail", "x"))).get();
  EXPECT_EQ(results[0].attempts, 2u);
  EXPECT_EQ(results[0].state, State::failed);
}

TEST(Pool, LosesATaskThatEndsItsWorkers) {
  PoolOptions once = options();
  once.crash_retries = 1;
  Pool pool(once);
  // A worker that has never answered is taken for one that cannot start.
  pool.map<int>(std::vector{task("echo", 1)});
  const Results results = pool.submit(job(task("die"))).get();
  EXPECT_EQ(results[0].state, State::lost);
  EXPECT_THROW(results.check(), spread::NoResponse);
  EXPECT_EQ(pool.map<int>(std::vector{task("echo", 3)}).front(), 3);
}

TEST(Pool, KillsAWorkerWhoseTaskTakesTooLong) {
  PoolOptions timed = options();
  timed.timeout = spread::Seconds(0.05);
  Pool pool(timed);
  Fifo fifo;
  EXPECT_EQ(states(pool.submit(job(fifo.wait_task())).get()), "Timeout");
}

TEST(Pool, EndsTheJobOfAFatalTaskAndNoOther) {
  PoolOptions one = options();
  one.window = 1;
  Pool pool(one);
  auto first = pool.submit(job(task("fatal", "no"), task("echo", 1), task("echo", 2)));
  auto second = pool.submit(job(task("echo", 3)));
  const Results results = first.get();
  EXPECT_EQ(results[0].failure->message, "no");
  EXPECT_EQ(results.count(State::not_computed) + results.count(State::ok), 2u);
  EXPECT_EQ(results[2].failure->message, "task 0 was fatal: Fatal: no");
  EXPECT_EQ(second.get().value<int>(0), 3);
}

TEST(Pool, TakesBackWhatNoWorkerHas) {
  PoolOptions one = options();
  one.window = 1;
  Pool pool(one);
  Fifo fifo;
  auto first = pool.submit(job(fifo.wait_task(), task("echo", 1)));
  auto second = pool.submit(job(task("echo", 2), task("echo", 3)));
  fifo.await();
  pool.cancel_pending();
  EXPECT_EQ(states(second.get()), "Cancelled, Cancelled");
  fifo.release("done");
  EXPECT_EQ(states(first.get()), "ok, Cancelled");
  EXPECT_EQ(pool.map<int>(std::vector{task("echo", 4)}).front(), 4);
}

TEST(Pool, FlushesTheJobsBehindOneThatFails) {
  PoolOptions flushing = options(2);
  flushing.on_failure = spread::OnFailure::flush;
  Pool pool(flushing);
  Fifo fifo;
  auto first = pool.submit(job(fifo.wait_task(), task("fail", "x")));
  auto second = pool.submit(job(task("echo", 1), task("echo", 2)));
  auto third = pool.submit(job(task("echo", 3)));
  fifo.await();
  EXPECT_FALSE(second.ready());
  fifo.release("");
  EXPECT_EQ(states(first.get()), "ok, ValueError");
  EXPECT_EQ(states(second.get()), "Flushed, Flushed");
  EXPECT_EQ(states(third.get()), "Flushed");
  EXPECT_EQ(pool.map<int>(std::vector{task("echo", 4)}).front(), 4);
}

TEST(Pool, GoesOnToTheNextJobWhereFlushingFindsNoFailure) {
  PoolOptions flushing = options(2);
  flushing.on_failure = spread::OnFailure::flush;
  Pool pool(flushing);
  std::vector<spread::Future<Results>> futures;
  for (int i = 0; i < 10; ++i) futures.push_back(pool.submit(job(task("echo", i))));
  pool.stop();
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(futures[static_cast<std::size_t>(i)].get().value<int>(0), i);
  }
}

// ---------------------------------------------------------------- the end

TEST(Pool, GivesTheTailsWhenItIsStopped) {
  Pool pool(options());
  auto future = pool.submit(job(task("echo", 1)));
  const std::vector<spread::Tail>& tails = pool.stop();
  EXPECT_TRUE(future.ready());
  ASSERT_EQ(tails.size(), 1u);
  EXPECT_EQ(tails[0].worker, 0);
  EXPECT_EQ(tails[0].host, "localhost");
  EXPECT_EQ(tails[0].arguments, options().command);
  EXPECT_EQ(tails[0].text, "tail\n");
  EXPECT_EQ(&pool.stop(), &tails);
}

TEST(Pool, TakesNoJobWhenItIsStopped) {
  Pool pool(options());
  EXPECT_TRUE(pool.stop().empty());
  EXPECT_EQ(thrown<spread::StateError>([&] { pool.submit(Job()); }), "the Pool was stopped");
  pool.cancel_pending();
  EXPECT_EQ(pool.num_active().workers, 0u);
}

TEST(Pool, EndsWhatRunsWhenItIsDestroyed) {
  Fifo fifo;
  spread::Future<Results> future, next;
  int pid = 0;
  {
    PoolOptions one = options();
    one.window = 1;
    Pool pool(one);
    pid = pool.map<int>(std::vector{task("pid")}).front();
    future = pool.submit(job(fifo.wait_task()));
    next = pool.submit(job(task("echo", 1)));
    fifo.await();
  }
  EXPECT_FALSE(lives(pid));
  EXPECT_TRUE(future.ready());
  EXPECT_NE(future.get()[0].state, State::ok);
  EXPECT_EQ(next.get()[0].failure->message, "the Pool was destroyed");
}

TEST(Pool, SaysWhyNoWorkerCouldBeStarted) {
  PoolOptions wrong;
  wrong.command = {"/nowhere/worker"};
  wrong.slots = 1;
  Pool pool(wrong);
  const Results results = pool.submit(job(1, 2)).get();
  EXPECT_EQ(results.count(State::not_computed), 2u);
  EXPECT_NE(results[1].failure->message.find("/nowhere/worker: No such file or directory"),
            std::string::npos)
      << results[1].failure->message;
  pool.stop();
}

TEST(Pool, RefusesOptionsThatMakeNoSense) {
  const auto refused = [](const std::function<void(PoolOptions&)>& change) {
    PoolOptions wrong = options();
    change(wrong);
    return thrown<spread::PoolError>([&] { Pool pool(wrong); });
  };
  EXPECT_EQ(refused([](PoolOptions& o) { o.command.clear(); }),
            "command: there is no worker to be started");
  EXPECT_EQ(refused([](PoolOptions& o) { o.timeout = spread::Seconds(0); }),
            "timeout: 0.000000 s is no span of time above 0");
  EXPECT_EQ(refused([](PoolOptions& o) {
              o.environment = {{"A=B", ""}};
            }),
            "environment: \"A=B\" is no name of a variable, or its value has a NUL");
  EXPECT_EQ(refused([](PoolOptions& o) { o.argument_lists = {{}}; }),
            "argument_lists: one of them is empty");
  EXPECT_NE(refused([](PoolOptions& o) { o.hosts = {"4/"}; }), "nothing");
  EXPECT_EQ(refused([](PoolOptions& o) { o.launch = "'"; }),
            "launch: ''': a ' that is never closed at column 1");
}

// ---------------------------------------------------------------- what workers are given

TEST(Pool, GivesWorkersTheirEnvironmentAndDirectory) {
  PoolOptions given = options();
  given.environment.emplace_back("SPREAD_POOL_TEST", "a value");
  given.directory = "/";
  Pool pool(given);
  EXPECT_EQ(pool.map<std::string>(
                std::vector{task("environment", "SPREAD_POOL_TEST"), task("directory", "")}),
            (std::vector<std::string>{"a value", "/"}));
}

TEST(Pool, SpeaksJson) {
  PoolOptions json = options();
  json.wire = spread::Wire::json;
  Pool pool(json);
  using Map = std::map<std::string, Value>;
  const Map master = pool.map<Map>(std::vector{task("ask", std::tuple("whoami"))}).front();
  EXPECT_EQ(master.at("wire").as<std::string>(), "json");
}

// ---------------------------------------------------------------- questions and callbacks

TEST(Pool, AnswersWhatWorkersAsk) {
  Pool pool(options());
  pool.on_ask("add", [](const spread::Question& question) {
    return Value::of(question.argument<int>(0) + question.argument<int>(1));
  });
  EXPECT_EQ(pool.map<int>(std::vector{task("ask", std::tuple("add", 3, 4))}).front(), 7);
}

TEST(Pool, RefusesWhatItCannotAnswer) {
  Pool pool(options());
  pool.on_ask("wrong", [](const spread::Question& question) {
    return Value::of(question.argument<int>(0));
  });
  const Results results =
      pool.submit(job(task("ask", std::tuple("other")), task("ask", std::tuple("wrong", "x"))))
          .get();
  EXPECT_NE(results[0].failure->message.find("the program answers no other"), std::string::npos);
  EXPECT_NE(results[1].failure->message.find("expected an integer, got text"), std::string::npos);
  pool.on_ask("wrong", nullptr);
  EXPECT_EQ(pool.submit(job(task("ask", std::tuple("wrong", 1)))).get().count(State::failed), 1u);
}

TEST(Pool, IsNotWaitedForInACallback) {
  Pool pool(options());
  std::string waiting, stopping;
  pool.on_ask("q", [&](const spread::Question&) {
    auto future = pool.submit(job(task("echo", 1)));
    waiting = thrown<spread::StateError>([&] { future.get(); });
    stopping = thrown<spread::StateError>([&] { pool.stop(); });
    return Value();
  });
  EXPECT_EQ(states(pool.submit(job(task("ask", std::tuple("q")))).get()), "ok");
  EXPECT_EQ(waiting, "a callback of a Pool must not wait for a job of it");
  EXPECT_EQ(stopping, "a callback of a Pool must not wait for its end");
}

TEST(Pool, IsWaitedForInACallbackOfAnother) {
  Pool pool(options()), other(options());
  pool.on_ask("q", [&](const spread::Question&) {
    return Value::of(other.map<int>(std::vector{task("echo", 5)}).front());
  });
  EXPECT_EQ(pool.map<int>(std::vector{task("ask", std::tuple("q"))}).front(), 5);
}

/// Writes down what it is told, a word for each.
class Recorder final : public spread::Observer {
 public:
  void on(const spread::WorkerStarted&) override { add("started"); }
  void on(const spread::WorkerEnded& event) override { add("ended " + event.reason); }
  void on(const spread::TaskSent& event) override { add("sent " + std::to_string(event.attempt)); }
  void on(const spread::TaskRetried& event) override { add("retried " + event.kind); }
  void on(const spread::TaskFinished& event) override {
    add(std::string("finished ") + spread::name_of(event.state));
  }
  void on(const spread::TaskProgress& event) override {
    add("progress " + std::to_string(event.fraction) + " " + event.label + " " +
        std::to_string(event.of_job));
  }
  void on(const spread::WorkerLog& event) override { add("log " + event.text); }
  void on(const spread::Tail& event) override { add("tail " + event.text); }
  void dropped(std::size_t calls) override { dropped_ += calls; }

  std::vector<std::string> told() {
    const std::lock_guard lock(mutex_);
    return told_;
  }
  std::size_t dropped_ = 0;

 private:
  void add(std::string word) {
    const std::lock_guard lock(mutex_);
    told_.push_back(std::move(word));
  }
  std::mutex mutex_;
  std::vector<std::string> told_;
};

TEST(Pool, TellsItsObserverWhatHappens) {
  const auto recorder = std::make_shared<Recorder>();
  PoolOptions observed = options();
  observed.observer = recorder;
  observed.retries = 2;
  Pool pool(observed);
  pool.submit(job(task("progress", 0.5), task("echo", 1))).get();
  pool.submit(job(task("log", "a line"))).get();
  pool.submit(job(task("fail", "x"))).get();
  pool.stop();
  const std::vector<std::string> told = recorder->told();
  const std::multiset<std::string> all(told.begin(), told.end());
  const std::multiset<std::string> expected = {
      "started",         "sent 1",        "progress 0.500000 half of it 0.250000",
      "finished ok",     "sent 1",        "finished ok",
      "sent 1",          "log a line",    "finished ok",
      "sent 1",          "retried error", "sent 2",
      "finished failed", "tail tail\n",   "ended exit status 0"};
  EXPECT_EQ(all, expected);
  EXPECT_EQ(told.front(), "started");
  EXPECT_EQ(told.back(), "ended exit status 0");
}

TEST(Pool, GoesOnWhereItsObserverThrows) {
  struct Throws final : spread::Observer {
    void on(const spread::TaskFinished&) override { throw std::runtime_error("no"); }
    void on(const spread::Message& message) override { line_ = message.text; }
    std::string line_;
  };
  const auto observer = std::make_shared<Throws>();
  PoolOptions observed = options();
  observed.observer = observer;
  Pool pool(observed);
  EXPECT_EQ(pool.map<int>(std::vector{task("echo", 1)}).front(), 1);
  pool.stop();
  EXPECT_EQ(observer->line_, "the observer has thrown: no");
}

TEST(Pool, IsNotHeldUpByASlowObserver) {
  struct Slow final : spread::Observer {
    void on(const spread::WorkerStarted&) override { gate.lock(); }
    void dropped(std::size_t calls) override { lost += calls; }
    std::mutex gate;
    std::size_t lost = 0;
  };
  const auto slow = std::make_shared<Slow>();
  slow->gate.lock();
  PoolOptions observed = options();
  observed.observer = slow;
  observed.callbacks_max = 10;
  {
    Pool pool(observed);
    std::vector<std::pair<std::string, Value>> tasks(100, task("echo", 1));
    EXPECT_EQ(pool.map<int>(tasks).size(), 100u);
    slow->gate.unlock();
    // Calls go on; and those that were dropped are told before the next one.
    for (int i = 0; i < 100 && slow->lost == 0; ++i) pool.map<int>(std::vector{task("echo", 1)});
    pool.stop();
  }
  EXPECT_GT(slow->lost, 100u);
  slow->gate.unlock();
}

TEST(Pool, HandsItsCallbacksToAnExecutor) {
  std::mutex mutex;
  std::vector<std::thread> threads;
  {
    const auto recorder = std::make_shared<Recorder>();
    PoolOptions observed = options();
    observed.observer = recorder;
    observed.executor = [&](std::function<void()> call) {
      const std::lock_guard lock(mutex);
      threads.emplace_back(std::move(call));
    };
    Pool pool(observed);
    pool.map<int>(std::vector{task("echo", 1)});
    pool.stop();
    EXPECT_EQ(recorder->told().back(), "ended exit status 0");
  }
  EXPECT_FALSE(threads.empty());
  for (std::thread& each : threads) each.join();
}

// ---------------------------------------------------------------- a guest in its process

TEST(Pool, IsOfNoUseInAForkedChild) {
  Pool pool(options());
  pool.map<int>(std::vector{task("echo", 1)});
  Fifo fifo;
  auto future = pool.submit(job(fifo.wait_task()));
  fifo.await();
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    // 0 where each call throws, and the destructor returns.
    int wrong = 0;
    const auto throws = [&](const std::function<void()>& act) {
      if (thrown<spread::StateError>(act) == "nothing") ++wrong;
    };
    throws([&] { pool.submit(Job()); });
    throws([&] { pool.stop(); });
    throws([&] { pool.cancel_pending(); });
    throws([&] { pool.num_active(); });
    throws([&] { pool.on_ask("x", nullptr); });
    throws([&] { future.get(); });
    throws([&] { static_cast<void>(future.ready()); });
    pool.~Pool();
    _exit(wrong);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  fifo.release("still here");
  EXPECT_EQ(future.get().value<std::string>(0), "still here");
}

/// Of the signals 1 to 31; a sanitizer has handlers of its own.
std::vector<sighandler_t> handlers() {
  std::vector<sighandler_t> found;
  for (int signal = 1; signal < 32; ++signal) {
    struct sigaction action {};
    found.push_back(sigaction(signal, nullptr, &action) == 0 ? action.sa_handler : SIG_ERR);
  }
  return found;
}

TEST(Pool, LeavesSignalsToTheProcess) {
  const auto before = handlers();
  Pool pool(options());
  pool.map<int>(std::vector{task("echo", 1)});
  EXPECT_EQ(handlers(), before);
  sigset_t blocked;
  sigemptyset(&blocked);
  pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
  for (int signal = 1; signal < 32; ++signal) EXPECT_FALSE(sigismember(&blocked, signal)) << signal;
}

}  // namespace
