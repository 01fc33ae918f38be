#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "spread/launch/job_agent.h"

namespace spread {

class FileMover;
class RemoteJobSlot;

/// The files that jobs use on one host, and which of them this run has put there. It never removes
/// what was there before, nor what another job still uses. Shared by the host's logins.
class HostFiles {
 public:
  /// `clean_up`: files are removed when no job uses them any more. Else it remembers no file longer
  /// than a job uses it.
  explicit HostFiles(bool clean_up) : clean_up_(clean_up) {}

  enum class Base : std::uint8_t { Absent, UnderWay, There };

  /// --basefile on this host, and the logins that wait for it to be there.
  Base base = Base::Absent;
  std::vector<FilePlace> base_files;
  std::vector<RemoteJobSlot*> waiting;
  std::uint32_t logins = 0;  ///< that take jobs, or are about to
  /// They want a file that is just being removed, and cannot know whether it is there.
  std::vector<FileMover*> waiting_for_removal;

  /// From before it is looked for: one that another login removes meanwhile is not there.
  void use(const std::string& path) { ++uses_[path].users; }
  void set_ours(const std::string& path) {
    if (clean_up_) uses_[path].ours = true;
  }
  bool is_being_removed(const std::string& path) const {
    const auto found = uses_.find(path);
    return found != uses_.end() && found->second.removing;
  }
  /// One user less. True if this run put it there and no job needs it any more: then it is being
  /// removed, until removed().
  bool release(const std::string& path) {
    Use& use = uses_[path];
    if (use.users > 0) --use.users;
    if (use.users > 0) return false;
    if (use.ours) return use.removing = true;
    uses_.erase(path);
    return false;
  }
  void removed(const std::string& path) { uses_.erase(path); }
  /// One user less, who does not remove it.
  void leave(const std::string& path) {
    Use& use = uses_[path];
    if (use.users > 0) --use.users;
    if (use.users == 0 && !use.ours) uses_.erase(path);
  }
  /// Files that it remembers.
  std::size_t size() const { return uses_.size(); }

 private:
  struct Use {
    std::uint32_t users = 0;
    bool ours = false;
    bool removing = false;
  };
  bool clean_up_;
  std::map<std::string, Use> uses_;  ///< by directory and path
};

}  // namespace spread
