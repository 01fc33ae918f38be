#include "spread/io/file_beside.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "spread/sys/calls.h"

namespace spread {

Result<FileBeside> FileBeside::create(const std::string& name) {
  struct stat status {};
  if (sys::stat(name.c_str(), &status) != 0) {
    return tl::unexpected(errno_error("cannot write " + name));
  }
  std::string path = name + ".spread-XXXXXX";
  UniqueFd fd = make_named_file(path);
  if (!fd) return tl::unexpected(errno_error("cannot make a file beside " + name));
  constexpr mode_t kPermissions = 07777;
  FileBeside made(name, std::move(path), std::move(fd));
  if (sys::fchmod(made.fd(), status.st_mode & kPermissions) != 0) {
    return tl::unexpected(errno_error("cannot make a file beside " + name));
  }
  return made;
}

FileBeside::~FileBeside() {
  if (!path_.empty()) sys::unlink(path_.c_str());
}

Status FileBeside::put_into_place() {
  if (!sync_file(fd_.get()) || sys::rename(path_.c_str(), name_.c_str()) != 0) {
    return tl::unexpected(errno_error("cannot put a file into the place of " + name_));
  }
  path_.clear();
  return {};
}

}  // namespace spread
