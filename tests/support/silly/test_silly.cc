// For LD_PRELOAD: files are removed as on NFS. What the program still has open is renamed to
// `.nfs...` beside its name, and gone when that is closed. What it starts does as ever.
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

const int unset = ::unsetenv("LD_PRELOAD");

struct Silly {
  std::string name;
  dev_t device;
  ino_t inode;
};
std::array<Silly, 64> renamed;
std::size_t count = 0;

bool has_open(dev_t device, ino_t inode) {
  constexpr int kMost = 256;
  for (int fd = 0; fd < kMost; ++fd) {
    struct stat open {};
    if (::fstat(fd, &open) == 0 && open.st_dev == device && open.st_ino == inode) return true;
  }
  return false;
}

int really_unlink(const char* name) { return static_cast<int>(::syscall(SYS_unlink, name)); }

}  // namespace

extern "C" int unlink(const char* name) noexcept {
  struct stat status {};
  const bool silly = unset == 0 && count < renamed.size() && ::lstat(name, &status) == 0 &&
                     S_ISREG(status.st_mode) && has_open(status.st_dev, status.st_ino);
  if (!silly) return really_unlink(name);
  const std::string path(name);
  const std::string beside = path.substr(0, path.rfind('/') + 1) + ".nfs" + std::to_string(count);
  renamed[count++] = {beside, status.st_dev, status.st_ino};
  return ::rename(name, beside.c_str());
}

extern "C" int close(int fd) {
  const auto done = static_cast<int>(::syscall(SYS_close, fd));
  for (Silly& each : renamed) {
    if (each.name.empty() || has_open(each.device, each.inode)) continue;
    really_unlink(each.name.c_str());
    each.name.clear();
  }
  return done;
}
