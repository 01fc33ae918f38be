#include "spread/launch/hosts.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace spread {
namespace {

HostSpec parsed_host(std::string_view text) {
  const auto host = parse_host(text);
  EXPECT_TRUE(host) << text << ": " << (host ? "" : host.error().message);
  return host.value_or(HostSpec{});
}

std::string error_of(std::string_view text) {
  const auto host = parse_host(text);
  return host ? "(no error)" : host.error().message;
}

std::vector<std::string> names(const Result<std::vector<HostSpec>>& hosts) {
  if (!hosts) return {"error: " + hosts.error().message};
  std::vector<std::string> result;
  for (const HostSpec& host : *hosts) result.push_back(host.name);
  return result;
}

using Names = std::vector<std::string>;

TEST(ParseHost, ReadsABareName) {
  const HostSpec host = parsed_host("user@node-1.example.org");
  EXPECT_EQ(host.name, "user@node-1.example.org");
  EXPECT_FALSE(host.local);
  EXPECT_FALSE(host.slots);
  EXPECT_TRUE(host.login.empty());
}

TEST(ParseHost, ReadsSlots) {
  EXPECT_EQ(parsed_host("8/node").slots, 8u);
  EXPECT_EQ(parsed_host("8/node").name, "node");
}

TEST(ParseHost, ColonIsThisMachine) {
  const HostSpec host = parsed_host("3/:");
  EXPECT_TRUE(host.local);
  EXPECT_EQ(host.name, "localhost");
  EXPECT_EQ(host.slots, 3u);
}

TEST(ParseHost, LocalhostIsReachedLikeAnyOther) { EXPECT_FALSE(parsed_host("localhost").local); }

TEST(ParseHost, TakesLeadingWordsAsTheSshCommand) {
  const HostSpec host = parsed_host("4/ssh -p 2222 -i '/k e/y' user@node");
  EXPECT_EQ(host.login, (ArgumentList{"ssh", "-p", "2222", "-i", "/k e/y"}));
  EXPECT_EQ(host.name, "user@node");
  EXPECT_EQ(host.slots, 4u);
}

// The three forms of GNU parallel's manual.
TEST(ParseHost, KeepsThePathOfAnSshCommand) {
  EXPECT_EQ(parsed_host("6//opt/bin/myssh -p 22 node").login.front(), "/opt/bin/myssh");
  EXPECT_EQ(parsed_host("//opt/bin/myssh node").login.front(), "/opt/bin/myssh");
  EXPECT_FALSE(parsed_host("//opt/bin/myssh node").slots);
  EXPECT_EQ(parsed_host("/opt/bin/myssh node").login.front(), "/opt/bin/myssh");
}

TEST(ParseHost, TakesWhatSshTakes) {
  EXPECT_EQ(parsed_host("2/ssh://me@node:2222").name, "ssh://me@node:2222");
  EXPECT_EQ(parsed_host("ssh://[::1]:22").name, "ssh://[::1]:22");
  EXPECT_EQ(parsed_host("fe80::1%eth0").name, "fe80::1%eth0");
}

TEST(ParseHost, SaysWhatIsWrong) {
  EXPECT_EQ(error_of(""), "host '': the host's name is missing");
  EXPECT_EQ(error_of("8/"), "host '8/': the host's name is missing");
  EXPECT_EQ(error_of("0/node"), "host '0/node': 0 slots; leave the host out instead");
  EXPECT_EQ(error_of("65537/node"), "host '65537/node': more than 65536 slots");
  EXPECT_EQ(error_of("99999999999999999999/node"),
            "host '99999999999999999999/node': more than 65536 slots");
  EXPECT_EQ(error_of("four/node"), "host 'four/node': expected [N/][user@]host");
  EXPECT_EQ(error_of("-oProxyCommand=x"), "host '-oProxyCommand=x': a name cannot begin with -");
  EXPECT_EQ(error_of("@group/node"), "host '@group/node': host groups are not supported");
  EXPECT_EQ(error_of("n[01-04]"),
            "host 'n[01-04]': ranges in [ ] are not supported; write the names out");
  EXPECT_EQ(error_of("n1 slots=2"),
            "host 'n1 slots=2': a name has no =; for n1 slots=2 write 2/n1");
  EXPECT_EQ(error_of("ssh :"), "host 'ssh :': : is this machine and needs no ssh command");
  EXPECT_EQ(error_of("ssh 'node"), "host 'ssh 'node': a ' that is never closed at column 5");
  EXPECT_EQ(error_of("ssh 'a b'"), "host 'ssh 'a b'': a blank or control byte in the name");
  EXPECT_EQ(error_of("'' node"), "host ''' node': the ssh command's name is empty");
}

TEST(ParseHost, AcceptsTheMostSlots) { EXPECT_EQ(parsed_host("65536/node").slots, 65536u); }

TEST(ParseHostList, SplitsAtCommas) {
  EXPECT_EQ(names(parse_host_list("a,2/b,:")), (Names{"a", "b", "localhost"}));
}

TEST(ParseHostList, TakesAnEscapedCommaIntoTheEntry) {
  const auto hosts = parse_host_list("ssh -c x\\,y a,b");
  ASSERT_EQ(names(hosts), (Names{"a", "b"}));
  EXPECT_EQ(hosts->front().login, (ArgumentList{"ssh", "-c", "x,y"}));
}

TEST(ParseHostList, RefusesAnEmptyEntry) {
  for (const char* text : {"", "a,", ",a", "a,,b"}) EXPECT_FALSE(parse_host_list(text)) << text;
}

TEST(ParseHostFile, SkipsCommentsAndBlankLines) {
  EXPECT_EQ(names(parse_host_file("# mine\n\n  \na\n  # no\n4/ssh -p 22 b\nc,d\r\n:", "f")),
            (Names{"a", "b", "c", "d", "localhost"}));
}

TEST(ParseHostFile, NamesFileAndLine) {
  EXPECT_EQ(names(parse_host_file("a\n#\n0/b\n", "hosts.txt")),
            Names{"error: hosts.txt:3: host '0/b': 0 slots; leave the host out instead"});
}

TEST(HostLabel, TellsHostsWithDifferentSshCommandsApart) {
  EXPECT_EQ(host_label(parsed_host("4/node")), "node");
  EXPECT_EQ(host_label(parsed_host("ssh -p 2222 node")), "ssh -p 2222 node");
  EXPECT_EQ(host_label(parsed_host(":")), "localhost");
}

}  // namespace
}  // namespace spread
