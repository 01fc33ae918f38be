// spread/launch: hosts, slots and argument lists. Pure: text in, what is to be exec'd out; nothing
// here opens a file, asks the clock or starts a process.
//
//   hosts.h           -S and --slf: text -> HostSpec; --worker and --args-file -> ArgumentList
//   roster.h          all of them together -> Roster, the hosts and slots of a run
//   remote_shell.h    --launch: how a host is reached; one string that any login shell reads
//                     alike, and the guard there
//   launcher.h        slot -> LaunchPlan; the question for a host's CPUs; hints
//   job_agent.h       many jobs, and their files, through one login
//
// Start here, then roster.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "spread/api/task.h"
#include "spread/api/time.h"

namespace spread {

/// What is exec'd: the program's name or path and its arguments. Never empty, no NUL inside.
using ArgumentList = std::vector<std::string>;

/// How a host is reached: the worker's words go between `before` and `after`.
struct Route {
  enum class Kind : std::uint8_t {
    Here,        ///< exec'd by this machine, no words around it
    LoginShell,  ///< as one word, quoted for whatever login shell reads it there (ssh)
    Words,       ///< word by word, no shell on the way (srun, docker exec, ...)
  };
  Kind kind = Kind::Here;
  ArgumentList before, after;
  /// LoginShell: false if words of the user stand before spread's on the remote command line (`ssh
  /// {host} nice`), where a leading `exec` would make no sense.
  bool first_word = true;
};

/// One machine, as named by the user.
struct HostSpec {
  std::string name;    ///< "localhost" for this machine; else the last word of its entry: user@node
  bool local = false;  ///< this machine, without any launcher
  ArgumentList login;  ///< an entry's own ssh command (`ssh -p 2222 node`), without the name
  std::optional<std::uint32_t> slots;  ///< N/; unset = -j, or the CPUs usable there
  Route route;                         ///< set by build_roster
};

/// How messages, reports and the history call a host: its name, after its own ssh command if any.
std::string host_label(const HostSpec& host);

/// One slot: room for one worker. Its place in Roster::slots is its WorkerId.
struct SlotSpec {
  HostId host{};
  std::uint32_t number = 1;  ///< {slot}: counted from 1 on each host
  /// For a list given with --worker or --args-file: exec'd exactly as given. Empty = the command
  /// after `--`, with its placeholders.
  ArgumentList exact;
  std::string command;   ///< the argument list before placeholders, as a line: history's command
  bool relayed = false;  ///< what is started in it is reached through a relay
  std::string key;       ///< host_label and `command`: the same for slots where both are the same
};

/// Hosts and slots of a run. Slots of hosts in `ask_cpus` are added when they have answered.
struct Roster {
  std::vector<HostSpec> hosts;  ///< in the order given; a host without slots is possible
  std::vector<SlotSpec> slots;
  /// Hosts whose number of slots depends on the CPUs usable there: see plan_cpu_question.
  std::vector<HostId> ask_cpus;
  /// Lines for the user, each a whole message.
  std::vector<std::string> warnings;
};

/// What launching needs to know of this machine.
struct LaunchContext {
  std::uint32_t local_cpus = 1;   ///< CPUs that this process may use
  std::string current_directory;  ///< absolute; what `--wd .` means on other machines
  std::string home;               ///< for `--slf ..`
  std::string ssh;                ///< --ssh, for hints; empty = ssh
  /// Between TERM and KILL in the guard on the far side; rounded up to whole seconds.
  Duration kill_grace = std::chrono::seconds(5);
  /// A script for sh, wherever the worker runs, that sets limits and becomes the words behind it;
  /// empty = none.
  std::string limits;
};

/// What to exec for one worker.
struct LaunchPlan {
  ArgumentList words;      ///< its own, placeholders replaced, without what leads to its host
  ArgumentList arguments;  ///< exec'd as is, PATH searched
  std::vector<std::pair<std::string, std::string>> environment;  ///< added to spread's
  std::string directory;                                         ///< empty = spread's
  /// What spread tells each worker in its environment (docs/protocol.md section 9), whatever leads
  /// there: one behind a relay is given this alone.
  std::vector<std::pair<std::string, std::string>> told;
  /// Goes to its standard input in front of all else: what is not to stand in `arguments`.
  std::string input;
};

}  // namespace spread
