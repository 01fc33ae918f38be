#include "spread/check/checker.h"

#include <string>

#include <fmt/format.h>

namespace spread::check {
namespace {

class Checker {
 public:
  Checker(Bench& bench, const Tell& tell) : bench_(bench), tell_(tell) {}

  Totals run() {
    all(launcher_checks(), why_no_launcher());
    if (!bench_.stopped() && unreached_.empty()) known_ = first_task(bench_);
    all(answer_checks(), "");
    all(end_checks(), "");
    all(conduct_checks(), "");
    return totals_;
  }

 private:
  Wire wire() const { return bench_.subject().wire; }

  /// Empty: there is one, which is to be checked.
  std::string why_no_launcher() const {
    const Roster& roster = bench_.plan().roster;
    const SlotSpec& slot = roster.slots[number(bench_.worker())];
    if (!slot.exact.empty()) return "a list is executed as it is";
    const bool here = roster.hosts[number(slot.host)].route.kind == Route::Kind::Here;
    return here ? "it is started by spread itself" : "";
  }

  void all(std::span<const Check> checks, const std::string& why_not) {
    for (const Check& check : checks) {
      if (bench_.stopped()) return;
      Finding finding = look(check, why_not);
      // What has been cut short says nothing.
      if (bench_.stopped()) return;
      if (finding.kind == Finding::Kind::Fail && check.name == "launcher") {
        unreached_ = "no program can be started there";
      }
      count(finding);
      tell_(check.name, finding);
    }
  }

  Finding look(const Check& check, const std::string& why_not) {
    if (!unreached_.empty()) return Finding::not_applicable(unreached_);
    if (!why_not.empty()) return Finding::not_applicable(why_not);
    if (!has_messages(wire()) && !check.without_messages) {
      return Finding::not_applicable(fmt::format("--wire {} has no such thing", name_of(wire())));
    }
    if (wire() != Wire::Lines && check.only_lines) {
      return Finding::not_applicable("that is a rule of --wire lines");
    }
    if (check.needs_answers && !known_.answers) {
      return Finding::not_applicable(known_.at_the_end ? known_.silence : "it answers no task");
    }
    return check.look(bench_, known_);
  }

  void count(const Finding& finding) {
    switch (finding.kind) {
      case Finding::Kind::Pass: ++totals_.passed; break;
      case Finding::Kind::Fail: ++totals_.failed; break;
      case Finding::Kind::NotApplicable: ++totals_.not_applicable; break;
    }
  }

  Bench& bench_;
  const Tell& tell_;
  std::string unreached_;  ///< why nothing else can be said; empty = nothing is in the way
  Known known_;
  Totals totals_;
};

}  // namespace

Totals check_worker(Bench& bench, const Tell& tell) { return Checker(bench, tell).run(); }

}  // namespace spread::check
