#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "spread/api/result.h"
#include "spread/engine/engine.h"
#include "spread/io/child.h"
#include "spread/io/files.h"
#include "spread/jobs/host_files.h"
#include "spread/launch/job_agent.h"
#include "spread/workers/agent_worker.h"

namespace spread {

class FileMoverSink {
 public:
  virtual ~FileMoverSink() = default;
  /// What was begun with bring(), fetch() or remove() is over. The mover is idle again.
  virtual void on_files_moved(Status status) = 0;
};

/// Moves files between this machine and the other end of one login, between two of its jobs: tar
/// here, tar there (launch/job_agent.h), and the login's own stream between them.
///
/// States: idle -> (wait, while another login removes one of the files) -> look -> pack (per base)
/// -> idle; idle -> unpack (per base) -> remove -> idle. While it is not idle, what the agent says
/// is for the mover.
class FileMover final : private SharedSink {
 public:
  FileMover(Engine& engine, ReadBuffer& shared, AgentWorker& agent, HostFiles& host,
            FileMoverSink& sink, const std::vector<EndStep>& end_sequence);
  ~FileMover() override;

  /// Puts files there, where they are not there already.
  void bring(std::vector<FilePlace> files, std::string directory);
  /// Brings files here. `all`: one that is not there is an error. `clean_up`: then those are
  /// removed there, and what bring() has put there.
  void fetch(std::vector<FilePlace> files, std::string directory, bool all, bool clean_up);
  /// The caller has to remove() what bring() was for from now on.
  std::vector<FilePlace> take_used() { return std::exchange(used_, {}); }
  void remove(std::vector<FilePlace> used, std::string directory);
  /// What bring() has begun is not needed any more. It ends soon, as a failure.
  void cancel();
  /// A file that it waits for has been removed.
  void on_removed();

  bool idle() const { return step_ == Step::Idle; }
  void on_agent_output(bool errors, Slice bytes);
  bool wants_agent_output() const;
  void on_agent_input_written();
  void on_request_ended(int status);

 private:
  enum class Step : std::uint8_t { Idle, Wait, Look, Pack, Unpack, Remove };

  struct Fetched {
    ScratchFolder scratch;
    std::string folder;              ///< where it belongs
    std::vector<std::string> names;  ///< that were asked for
  };

  void choose_missing(const std::vector<RemoteFile>& found);
  void next_group();
  void pack_group();
  void unpack_group();
  void group_ended();
  void place_and_clean_up();
  void look();
  void request_removal(std::vector<FilePlace> files, std::vector<FilePlace> used);
  void removal_ended();
  void leave_used();
  void finish(Status status);
  void fail_with(std::string what);
  std::string key_of(const FilePlace& file) const { return directory_ + '\0' + file.path_there(); }

  void on_bytes(bool errors, Slice bytes) override;
  bool wants_output(bool errors) const override;
  void on_input_written() override { agent_.reconsider(); }
  void on_input_lost() override { agent_.reconsider(); }
  void on_ended(const ChannelEnd& end) override;

  Engine& engine_;
  AgentWorker& agent_;
  HostFiles& host_;
  FileMoverSink& sink_;
  Child tar_;

  Step step_ = Step::Idle;
  std::vector<FilePlace> files_;
  std::string directory_;
  std::vector<FilePlace> todo_;   ///< not moved yet
  std::vector<FilePlace> group_;  ///< under way: of one base
  std::vector<FilePlace> used_;   ///< by this job, until they are removed or left
  std::vector<FilePlace> removing_;
  bool all_ = false, clean_up_ = false;
  bool request_over_ = false;  ///< the other side's part of the group
  bool tar_over_ = false;      ///< and the one here
  std::string said_;           ///< Look: the answer
  std::string complaint_;      ///< what either tar wrote to stderr
  std::string problem_;
  std::optional<ScratchFolder> scratch_;
  std::vector<Fetched> fetched_;
};

}  // namespace spread
