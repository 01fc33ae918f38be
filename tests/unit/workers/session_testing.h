// Tests of sessions that look at a part of what a worker says, or at none of it.
#pragma once

#include <string>
#include <string_view>

#include "spread/workers/session.h"

namespace spread::test {

/// Hears everything and does nothing about it.
struct DeafSink : SessionSink {
  void on_hello(const wire::Hello&) override {}
  void on_ready() override {}
  void on_answer(const wire::UpMessage&) override {}
  void on_progress(const wire::UpMessage&) override {}
  void on_log(const wire::UpMessage&) override {}
  void on_ask(const wire::UpMessage&) override {}
  void on_retires() override {}
  void on_stray(std::string_view) override {}
  void on_tail(std::string_view) override {}
  void on_warning(std::string) override {}
};

}  // namespace spread::test
