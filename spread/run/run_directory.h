// A run directory on a disk: docs/run-directories.md.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "spread/api/environment.h"
#include "spread/api/result.h"
#include "spread/api/shared_options.h"
#include "spread/base/posix.h"
#include "spread/directory/spec.h"
#include "spread/directory/state.h"
#include "spread/run/subcommand_options.h"

namespace spread {

/// The folder of one run, with its spec.
class RunDirectory {
 public:
  /// A new one, or one that is empty. The spec is written by keep_spec(), which makes it a run's.
  static Result<RunDirectory> create(const std::string& name);
  /// One that is a run's.
  static Result<RunDirectory> open(const std::string& name);

  /// As the user gave it.
  const std::string& name() const { return name_; }
  const RunSpec& spec() const { return spec_; }
  /// The absolute name of what is called so in it.
  std::string file(std::string_view name) const { return path_ + "/" + std::string(name); }

  /// Notes, and perhaps copies, the file `name` of the input, "-" being `standard_input`. What is
  /// to be read in its place. To be called before keep_spec().
  Result<InputFile> keep_input(const std::string& name, int standard_input);
  /// What is to be read for what was kept by this name, in the directory of the spec; null: there
  /// was none. `warning`: it has changed.
  const InputFile* kept_input(std::string_view name, std::string& warning) const;
  Status keep_spec(std::vector<std::string> words, std::string directory);

  /// A run begins, or goes on, in this process: its pid, and a file for the results.
  Status begin() const;
  /// All that is a run's, and the folder.
  Status remove() const;

 private:
  RunDirectory(std::string name, std::string path)
      : name_(std::move(name)), path_(std::move(path)) {}

  std::string name_, path_;
  RunSpec spec_;
  std::size_t copies_ = 0;
};

/// What is kept opened of standard input, by keep_input().
Result<UniqueFd> open_input(const InputFile& file);

/// What the files of a directory say, again and again.
class RunWatch {
 public:
  /// `directory` must outlive this. Tables of very many tasks lie in `scratch`.
  RunWatch(const RunDirectory& directory, std::string scratch);
  ~RunWatch();
  Result<DirectoryFacts> look();

 private:
  struct Journal;
  const RunDirectory& directory_;
  std::string scratch_;
  std::unique_ptr<Journal> journal_;
};

/// The subcommands status, retrieve, attach, stop and clean: the exit status.
int call_directory(const DirectoryCommand& command, Environment environment, Streams streams);

}  // namespace spread
