// spread/options: what options there are. Every option is one row of one table; parsing (cli/),
// --help, the man pages and the completions (help/) are made from the rows, so they cannot
// disagree. Start here, then setters.h and options.h.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "spread/api/result.h"
#include "spread/api/time.h"
#include "spread/options/options.h"

namespace spread::cli {

/// The subcommands as bits, for the rows that belong to several.
using Subcommands = std::uint32_t;
inline constexpr Subcommands kRun = 1, kAll = 2, kHosts = 4, kHistory = 8, kMap = 16, kPipe = 32,
                             kXargs = 64, kGang = 128, kOneshot = 256, kSweep = 512, kCheck = 1024,
                             kStatus = 2048, kRetrieve = 4096, kAttach = 8192, kStop = 16384,
                             kClean = 32768, kResults = 65536, kJournal = 131072, kRelay = 262144,
                             kPool = 524288, kAny = 1048575, kNotXargs = kAny - kXargs;
/// They are given a run directory, and nothing else.
inline constexpr Subcommands kDirectory = kStatus | kRetrieve | kAttach | kStop | kClean;
/// They may keep a journal.
inline constexpr Subcommands kJournaled = kRun | kGang | kMap | kPipe;
/// They send tasks to workers that live on.
inline constexpr Subcommands kSends = kRun | kGang;

/// The headings of --help, in their order there.
enum class Group : std::uint8_t { Hosts, Input, Command, Output, Failure, Report, Limits, Other };

/// What the shell can offer for an option's value.
enum class Offer : std::uint8_t {
  Nothing,
  Words,
  File,
  Directory,
  WordsOrDirectory,
  Host,
  Command
};

/// Options in the making, and which of them were given: conflicts are found by these names.
struct Draft {
  Options options;
  std::vector<std::string_view> given;  ///< primary names, in the order of argv

  bool has(std::string_view primary_name) const;
};

/// One option. All text has static lifetime.
struct OptionSpec {
  /// "-j,-P,--jobs": all names. Empty for words that are not an option (`:::`).
  std::string_view names;
  /// What stands for the value in --help; empty for a flag.
  std::string_view metavar;
  Subcommands subcommands = 0;
  Group group = Group::Other;
  /// One sentence, without the default.
  std::string_view help;
  /// The default as --help shows it, computed from the subcommand's Options; null = not shown.
  std::string (*default_text)(const Options& defaults) = nullptr;
  /// Puts `value` (empty for flags) into the draft. The error says what was expected; the caller
  /// adds the option's name.
  Status (*set)(Draft& draft, std::string_view value) = nullptr;
  Offer offer = Offer::Nothing;
  std::string_view offered_words = {};  ///< separated by spaces

  /// "[=WHAT]": it may have one, behind a `=`.
  bool value_is_optional() const { return metavar.starts_with("[="); }
  /// The next word is no value of it.
  bool is_flag() const { return metavar.empty() || value_is_optional(); }
  /// The first name: what messages call the option, and Draft::given holds.
  std::string_view primary_name() const;
  std::vector<std::string_view> all_names() const;
};

/// All rows. Those of one group stand in the order of --help, but not all together.
std::span<const OptionSpec> option_table();

/// The row of one of `subcommands` that has `name` ("-j", "--jobs"); null if there is none.
const OptionSpec* find_option(std::string_view name, Subcommands subcommands);

/// What no single option can know: which exclude each other, what is missing, and the defaults that
/// depend on other options. The draft's command and input groups must be in place.
Status complete(Draft& draft);

/// The Options from which a subcommand starts; they differ where its defaults do.
Options defaults_of(Subcommand subcommand);
Subcommands bit_of(Subcommand subcommand);
/// The Subcommand that the options of a bit begin with; of history it is `show`.
Subcommand subcommand_of(Subcommands bit);

/// 65536 -> "64K", 1000 -> "1000": the shortest text that parse_size reads back exactly.
std::string format_bytes(std::uint64_t bytes);
/// 60 s -> "60s", 0.5 s -> "0.5s": in seconds, as people write such limits.
std::string format_span(Duration span);

// The default of one option, as --help shows it; see OptionSpec::default_text.
std::string slots_default(const Options& defaults);
std::string durable_default(const Options& defaults);
std::string wire_default(const Options& defaults);
std::string input_default(const Options& defaults);
std::string tails_default(const Options& defaults);
std::string show_output_default(const Options& defaults);
std::string retries_default(const Options& defaults);
std::string crash_retries_default(const Options& defaults);
std::string start_retries_default(const Options& defaults);
std::string bench_default(const Options& defaults);
std::string history_default(const Options& defaults);
std::string window_default(const Options& defaults);
std::string window_bytes_default(const Options& defaults);
std::string max_frame_default(const Options& defaults);
std::string read_ahead_default(const Options& defaults);
std::string reorder_memory_default(const Options& defaults);
std::string spill_max_default(const Options& defaults);
std::string lost_after_default(const Options& defaults);
std::string shutdown_timeout_default(const Options& defaults);
std::string kill_grace_default(const Options& defaults);

}  // namespace spread::cli
