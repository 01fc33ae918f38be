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
  /// A new one, or one that is empty, or in which a run did not come to the end of its input. It is
  /// claimed. With keep_spec() it is a run's.
  static Result<RunDirectory> create(const std::string& name);
  /// One that is a run's.
  static Result<RunDirectory> open(const std::string& name);

  /// Keeps others from beginning, continuing or cleaning it while this object lives, as far as its
  /// file system has locks. Its spec is read once more, since others may have done so until now.
  Status claim();

  /// As the user gave it.
  const std::string& name() const { return name_; }
  const RunSpec& spec() const { return spec_; }
  /// The absolute name of what is called so in it.
  std::string file(std::string_view name) const { return path_ + "/" + std::string(name); }

  /// What is to be noted of the run, beside its input.
  void describe(std::vector<std::string> words, std::string directory);
  /// Notes, and perhaps copies, the file `name` of the input, "-" being `standard_input`. What is
  /// to be read in its place. Until keep_spec() the spec says that it is being copied.
  Result<InputFile> keep_input(const std::string& name, int standard_input);
  /// What is to be read for what was kept by this name, in the directory of the spec; null: there
  /// was none. `warning`: it has changed.
  const InputFile* kept_input(std::string_view name, std::string& warning) const;
  /// All of the input, if there is any, has been kept.
  Status keep_spec();

  /// A run begins, or goes on, in this process: its pid, and a file for the results. It is claimed,
  /// or taken over.
  Status begin();
  /// All that is a run's, and the folder; of one that a link leads to, only what is in it. It is
  /// claimed, and none of its files may be open in this process (on NFS they would stay).
  Status remove();

 private:
  RunDirectory(std::string name, std::string path)
      : name_(std::move(name)), path_(std::move(path)) {}
  Status hold();
  Status write_spec() const;
  Status remove_files() const;

  std::string name_, path_;
  UniqueFd pid_;  ///< the file of the pid, locked
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
