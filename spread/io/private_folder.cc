#include "spread/io/private_folder.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "spread/io/files.h"
#include "spread/sys/calls.h"

namespace spread {
namespace {

constexpr mode_t kFolderMode = 0700, kFileMode = 0600;

}  // namespace

Status make_private_folder(const std::string& name) {
  if (sys::mkdir(name.c_str(), kFolderMode) == 0) return {};
  if (errno != EEXIST) return tl::unexpected(errno_error("cannot make " + name));
  const UniqueFd folder = open_file(name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (!folder) return tl::unexpected(errno_error("cannot use " + name));
  const auto names = names_in(name);
  if (!names) return tl::unexpected(names.error());
  if (!names->empty()) return fail(name + ": it is there, and is not empty");
  if (sys::fchmod(folder.get(), kFolderMode) != 0) {
    return tl::unexpected(errno_error("cannot use " + name));
  }
  return {};
}

Result<UniqueFd> open_private_file(const std::string& name, bool append) {
  const int how = O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | (append ? O_APPEND : O_TRUNC);
  UniqueFd fd = open_file(name.c_str(), how, kFileMode);
  if (!fd) return tl::unexpected(errno_error("cannot write " + name));
  return fd;
}

Result<UniqueFd> open_regular_file(const std::string& name) {
  UniqueFd fd = open_file(name.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (!fd) return tl::unexpected(errno_error("cannot read " + name));
  if (!file_size(fd.get())) return fail("cannot read " + name + ": it is no regular file");
  return fd;
}

std::string own_name(const std::string& folder) {
  std::string name = folder;
  while (name.size() > 1 && (name.ends_with('/') || name.ends_with("/."))) name.pop_back();
  return name;
}

bool is_symbolic_link(const std::string& name) {
  std::error_code error;
  return std::filesystem::is_symlink(std::filesystem::path(name), error);
}

Status write_whole(int fd, ByteView bytes) {
  while (!bytes.empty()) {
    const IoResult written = write_some(fd, {&bytes, 1});
    if (written.state != IoState::Done) return fail(errno_text(written.error));
    bytes = bytes.subspan(written.size);
  }
  return {};
}

Status replace_private_file(const std::string& name, std::string_view text) {
  std::string beside = name + ".spread-XXXXXX";
  UniqueFd fd = make_named_file(beside);
  if (!fd) return tl::unexpected(errno_error("cannot make a file beside " + name));
  const auto give_up = [&](const std::string& why) {
    sys::unlink(beside.c_str());
    return fail("cannot write " + name + ": " + why);
  };
  if (const Status written = write_whole(fd.get(), as_bytes(text)); !written) {
    return give_up(written.error().message);
  }
  if (!sync_file(fd.get())) return give_up(errno_text(errno));
  if (const int error = fd.close(); error != 0) return give_up(errno_text(error));
  if (sys::rename(beside.c_str(), name.c_str()) != 0) return give_up(errno_text(errno));
  return {};
}

Result<std::vector<std::string>> names_in(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    names.push_back(entry->path().filename().string());
  }
  if (error)
    return tl::unexpected(Error{"cannot read " + folder + ": " + error.message(), error.value()});
  return names;
}

bool take_file(const std::string& name) { return sys::unlink(name.c_str()) == 0; }

Status remove_file(const std::string& name) {
  if (sys::unlink(name.c_str()) == 0 || errno == ENOENT) return {};
  return tl::unexpected(errno_error("cannot remove " + name));
}

Status remove_folder(const std::string& name) {
  std::error_code error;
  // rmdir(2) of an empty folder, and an error of any other.
  std::filesystem::remove(name, error);
  if (!error) return {};
  return tl::unexpected(Error{"cannot remove " + name + ": " + error.message(), error.value()});
}

std::string path_of(int fd) {
  std::error_code error;
  const std::filesystem::path path =
      std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(fd), error);
  return error ? std::string() : path.string();
}

std::uint64_t place_in(int fd) {
  const off_t place = sys::lseek(fd, 0, SEEK_CUR);
  return place < 0 ? 0 : static_cast<std::uint64_t>(place);
}

Status read_to_end(int fd, const std::string& name, const std::function<Status(ByteView)>& take) {
  constexpr std::size_t kPiece = 64 * 1024;
  std::vector<Byte> piece(kPiece);
  while (true) {
    const IoResult read = read_some(fd, piece.data(), piece.size());
    switch (read.state) {
      case IoState::End: return {};
      case IoState::Done: SPREAD_TRY(take(ByteView(piece).first(read.size))); break;
      case IoState::WouldBlock: {
        // Another process has made the pipe so.
        pollfd wait{fd, POLLIN, 0};
        sys::poll(&wait, 1, -1);
        break;
      }
      case IoState::Failed: return fail("cannot read " + name + ": " + errno_text(read.error));
    }
  }
}

void tell_begun(const Streams& streams) {
  if (streams.begun < 0) return;
  const Byte begun[] = {'b'};
  static_cast<void>(write_whole(streams.begun, begun));
}

}  // namespace spread
