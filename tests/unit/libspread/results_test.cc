#include "spread/results.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace {

using spread::Failure;
using spread::Results;
using spread::State;
using spread::TaskResult;
using spread::Value;

TaskResult ok(const Value& value, int worker = 0) {
  TaskResult result;
  result.state = State::ok;
  result.value = value;
  result.worker = worker;
  result.attempts = 1;
  return result;
}

TaskResult failed(State state, std::string type, std::string message, int worker = 0) {
  TaskResult result;
  result.state = state;
  Failure failure;
  failure.state = state;
  failure.type = std::move(type);
  failure.message = std::move(message);
  result.failure = std::make_shared<Failure>(failure);
  result.worker = worker;
  return result;
}

Results of(std::vector<TaskResult> tasks) {
  std::vector<Value> parameters;
  for (std::size_t i = 0; i < tasks.size(); ++i) parameters.push_back(Value::of(10 * i));
  return Results(std::move(tasks), std::move(parameters), {{"n1", {"./w", "-x"}}, {"n2", {"./w"}}});
}

TEST(Results, AreInTheOrderOfTheTasks) {
  const Results results = of({ok(Value::of(3)), ok(Value::of(1))});
  EXPECT_EQ(results.size(), 2u);
  EXPECT_EQ(results.list<int>(), (std::vector<int>{3, 1}));
  EXPECT_EQ(results.value<int>(1), 1);
  EXPECT_EQ(results.parameter(1).as<int>(), 10);
  EXPECT_EQ(&results.check(), &results);
}

TEST(Results, OfNoTasksAreEmpty) {
  EXPECT_TRUE(Results().empty());
  EXPECT_EQ(Results().list<int>(), std::vector<int>());
  EXPECT_EQ(Results().sum<double>(), 0.0);
  EXPECT_TRUE(Results().by_worker().empty());
}

TEST(Results, AreJoined) {
  const Results results =
      of({ok(Value::of(std::vector<int>{1, 2})), ok(Value::of(std::vector<int>{})),
          ok(Value::of(std::vector<int>{3}))});
  EXPECT_EQ(results.concat<int>(), (std::vector<int>{1, 2, 3}));
}

TEST(Results, AreAddedUp) {
  EXPECT_EQ(of({ok(Value::of(0.5)), ok(Value::of(2))}).sum<double>(), 2.5);
  EXPECT_EQ(of({ok(Value::of("a")), ok(Value::of("b"))}).sum<std::string>(), "ab");
}

template <class Thrown, class Do>
std::string thrown(Do act) {
  try {
    act();
  } catch (const Thrown& error) {
    return error.what();
  }
  return "nothing";
}

TEST(Results, ThrowTheFirstFailureByIndex) {
  const Results results = of({ok(Value::of(1)), failed(State::failed, "ValueError", "negative"),
                              failed(State::lost, "Lost", "its worker was killed by signal 9")});
  EXPECT_EQ(results.count(State::failed), 1u);
  EXPECT_EQ(thrown<spread::RemoteException>([&] { results.check(); }),
            "task 1: ValueError: negative");
  EXPECT_EQ(thrown<spread::RemoteException>([&] { results.sum<int>(); }),
            "task 1: ValueError: negative");

  try {
    results.check();
  } catch (const spread::RemoteException& error) {
    EXPECT_EQ(error.index(), 1u);
    EXPECT_EQ(error.state(), State::failed);
    EXPECT_EQ(error.type(), "ValueError");
    EXPECT_EQ(error.message(), "negative");
  }
}

TEST(Results, ThrowNoResponseOfALostTask) {
  const Results results = of({failed(State::lost, "NoResponse", "worker 0 ended"), ok(Value())});
  EXPECT_EQ(thrown<spread::NoResponse>([&] { results.check(); }),
            "task 0: NoResponse: worker 0 ended");
  EXPECT_EQ(thrown<spread::NoResponse>([&] { results.value<int>(0); }),
            "task 0: NoResponse: worker 0 ended");
}

TEST(Results, SayWhatTheFailedTaskPrinted) {
  TaskResult task = failed(State::failed, "E", "m");
  Failure failure = *task.failure;
  failure.printed_out = std::string(1000, 'x') + "end\n";
  failure.printed_err = "one\ntwo\x1b[2J\n";
  task.failure = std::make_shared<Failure>(failure);
  EXPECT_EQ(thrown<spread::RemoteException>([&] { of({task}).check(); }),
            "task 0: E: m [stdout: ..." + std::string(197, 'x') + "end] [stderr: one | two [2J]");
}

TEST(Results, SayWhichValueIsOfAnotherType) {
  const Results results = of({ok(Value::of(1)), ok(Value::of("x"))});
  EXPECT_EQ(thrown<spread::ValueError>([&] { results.list<int>(); }),
            "task 1: expected an integer, got text");
}

TEST(Results, AreSortedByWorker) {
  const Results results =
      of({ok(Value::of(1), 1), failed(State::not_computed, "NotComputed", "", -1),
          ok(Value::of(2), 0), ok(Value::of(3), 1)});
  const auto workers = results.by_worker();
  ASSERT_EQ(workers.size(), 3u);
  EXPECT_EQ(workers[0].worker, 0);
  EXPECT_EQ(workers[0].host, "n1");
  EXPECT_EQ(workers[0].arguments, (std::vector<std::string>{"./w", "-x"}));
  EXPECT_EQ(workers[1].tasks, (std::vector<std::size_t>{0, 3}));
  EXPECT_EQ(workers[1].parameters[1].as<int>(), 30);
  EXPECT_EQ(workers[1].results[1].value.as<int>(), 3);
  EXPECT_EQ(workers[2].worker, -1);
  EXPECT_EQ(workers[2].tasks, (std::vector<std::size_t>{1}));
}

TEST(Results, HaveAParameterForEachTask) {
  EXPECT_THROW(Results({ok(Value())}, {}, {}), spread::ValueError);
}

}  // namespace
