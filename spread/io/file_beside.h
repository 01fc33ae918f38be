#pragma once

#include <string>
#include <utility>

#include "spread/api/result.h"
#include "spread/base/posix.h"

namespace spread {

/// A new file in the folder of another one, which it replaces in one step when it is complete: no
/// program sees half of it. Gone with this object, unless it has.
class FileBeside {
 public:
  /// Of a file that is there; with its mode.
  static Result<FileBeside> create(const std::string& name);
  ~FileBeside();
  FileBeside(FileBeside&& other) noexcept
      : name_(std::move(other.name_)),
        path_(std::exchange(other.path_, {})),
        fd_(std::move(other.fd_)) {}
  FileBeside& operator=(FileBeside&&) = delete;

  int fd() const { return fd_.get(); }
  /// It is on the disk before it takes the place.
  Status put_into_place();

 private:
  FileBeside(std::string name, std::string path, UniqueFd fd)
      : name_(std::move(name)), path_(std::move(path)), fd_(std::move(fd)) {}

  std::string name_, path_;
  UniqueFd fd_;
};

}  // namespace spread
