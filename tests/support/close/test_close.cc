// For LD_PRELOAD: a program that is told, when it closes the file that SPREAD_TEST_CLOSE names,
// that the quota is full. NFS tells so of what has been written before. What it starts is told
// nothing.
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace {

const char* take_name() {
  ::unsetenv("LD_PRELOAD");
  return std::getenv("SPREAD_TEST_CLOSE");
}

const char* const name = take_name();

bool is_named(int fd) {
  struct stat named {};
  struct stat open {};
  return name != nullptr && ::stat(name, &named) == 0 && ::fstat(fd, &open) == 0 &&
         named.st_dev == open.st_dev && named.st_ino == open.st_ino;
}

}  // namespace

extern "C" int close(int fd) {
  const bool fails = is_named(fd);
  const auto done = static_cast<int>(::syscall(SYS_close, fd));
  if (!fails) return done;
  errno = EDQUOT;
  return -1;
}
