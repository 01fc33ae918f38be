#include "spread/launch/remote_shell.h"

#include <string>

#include <gtest/gtest.h>

#include "spread/base/quote.h"
#include "spread/launch/hosts.h"

namespace spread {
namespace {

constexpr std::string_view kSshOptions =
    "-T -o BatchMode=yes -o ServerAliveInterval=15 -o ServerAliveCountMax=3 -o ConnectTimeout=10";

/// The route's words, with <here>, <word> or <words> where the worker comes.
std::string route(std::string_view host, std::string_view launch) {
  const auto spec = parse_host(host);
  const auto result = route_to(*spec, launch);
  if (!result) return "error: " + result.error().message;
  if (result->kind == Route::Kind::Here) return "<here>";
  std::string text = shell_join(result->before);
  text += result->kind == Route::Kind::LoginShell ? " <word>" : " <words>";
  if (!result->after.empty()) text += ' ' + shell_join(result->after);
  return text;
}

std::string ssh(std::string_view rest) {
  return "ssh " + std::string(kSshOptions) + ' ' + std::string(rest);
}

TEST(Route, ThisMachineIsNeverReachedThroughAnything) {
  EXPECT_EQ(route(":", ""), "<here>");
  EXPECT_EQ(route(":", "ssh"), "<here>");
  EXPECT_EQ(route(":", "docker exec -i {host}"), "<here>");
}

TEST(Route, OthersAreReachedBySsh) {
  EXPECT_EQ(route("me@node", ""), ssh("me@node <word>"));
  EXPECT_EQ(route("me@node", "ssh"), ssh("me@node <word>"));
}

TEST(Route, LocalRunsHereUnderAnotherName) { EXPECT_EQ(route("slow", "local"), "<here>"); }

TEST(Route, AnEntrysOwnSshCommandComesFirst) {
  EXPECT_EQ(route("ssh -p 2222 node", "srun"), ssh("-p 2222 node <word>"));
  EXPECT_EQ(route("/opt/bin/ssh node", ""), "/opt/bin/ssh" + ssh("node <word>").substr(3));
}

TEST(Route, AForeignSshCommandGetsNoOptions) {
  EXPECT_EQ(route("rsh -n node", ""), "rsh -n node <word>");
}

TEST(Route, AnotherLoginCommandForAllHosts) {
  const auto host = parse_host("me@node");
  const auto by_ssh = route_by_login(*host, "ssh -p 2222");
  EXPECT_EQ(shell_join(by_ssh->before) + " <word>", ssh("-p 2222 me@node <word>"));
  // Whatever it is called, it is a login: what reads spread's word there is a shell.
  const auto foreign = route_by_login(*host, "'my ssh' -x");
  EXPECT_EQ(shell_join(foreign->before), "'my ssh' -x me@node");
  EXPECT_EQ(foreign->kind, Route::Kind::LoginShell);
  EXPECT_EQ(route_by_login(*host, " ").error().message,
            "--ssh: expected a program and its options, such as 'ssh -p 2222'");
  EXPECT_EQ(route_by_login(*host, "'x").error().message.substr(0, 6), "--ssh ");
}

TEST(Route, OptionsOfTheUserAreNotHidden) {
  EXPECT_EQ(route("ssh -o connecttimeout=60 node", ""),
            "ssh -T -o BatchMode=yes -o ServerAliveInterval=15 -o ServerAliveCountMax=3 -o "
            "connecttimeout=60 node <word>");
}

TEST(Route, BuiltInTemplates) {
  EXPECT_EQ(route("n1", "srun"),
            "srun -Q -u --overlap --exact --mem=0 --cpu-bind=none -N1 -n1 -w n1 <words>");
  EXPECT_EQ(route("n1", "mpirun"), "mpirun -np 1 --host n1 <words>");
}

TEST(Route, ATemplateEndsWithTheWorkersWords) {
  EXPECT_EQ(route("box", "docker exec -i {host}"), "docker exec -i box <words>");
}

TEST(Route, CmdStandsForTheWorkersWords) {
  EXPECT_EQ(route("box", "x --to={host}:{host} {cmd} end {other}"),
            "x --to=box:box <words> end '{other}'");
}

TEST(Route, TemplateWordsAreQuotedAsForAShell) {
  EXPECT_EQ(route("box", "x 'a b' \"{host} c\""), "x 'a b' 'box c' <words>");
}

TEST(Route, ATemplateThatCallsSshGetsOneQuotedWord) {
  EXPECT_EQ(route("box", "ssh -J gate {host}"), ssh("-J gate box <word>"));
}

TEST(Route, WordsAfterTheHostTakeThePlaceOfExec) {
  const auto host = parse_host("box");
  EXPECT_TRUE(route_to(*host, "ssh {host}")->first_word);
  EXPECT_TRUE(route_to(*host, "ssh -p 22 {host} {cmd}")->first_word);
  EXPECT_FALSE(route_to(*host, "ssh {host} nice")->first_word);
}

TEST(Route, SaysWhatIsWrongWithATemplate) {
  EXPECT_EQ(route("box", "docker 'exec"),
            "error: --launch 'docker 'exec': a ' that is never closed at column 8");
  EXPECT_EQ(route("box", "x a{cmd}"),
            "error: --launch 'x a{cmd}': {cmd} must be a word of its own, and only one");
  EXPECT_EQ(route("box", "x {cmd} {cmd}"),
            "error: --launch 'x {cmd} {cmd}': {cmd} must be a word of its own, and only one");
  for (const char* text : {" ", "{cmd}", "'' x"}) {
    EXPECT_NE(route("box", text).find("expected a program and its words"), std::string::npos);
  }
}

TEST(Route, KnowsWhichTemplatesNeedHosts) {
  EXPECT_TRUE(launch_needs_hosts("ssh"));
  EXPECT_TRUE(launch_needs_hosts("srun"));
  EXPECT_TRUE(launch_needs_hosts("mpirun"));
  EXPECT_TRUE(launch_needs_hosts("docker exec -i {host}"));
  EXPECT_FALSE(launch_needs_hosts("docker exec -i box"));
}

}  // namespace
}  // namespace spread
