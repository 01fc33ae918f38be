#include "files.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <utility>

#include "machine.h"

namespace spread::world {
namespace {

constexpr std::size_t kBlock = 4096;

off_t end_of(const struct flock& lock) {
  return lock.l_len == 0 ? LLONG_MAX : lock.l_start + lock.l_len;
}

bool overlap(const FileLock& lock, off_t begin, off_t end) {
  return lock.begin < end && begin < lock.end;
}

/// Bytes that are not there are zeros.
std::string block_of(const std::string& bytes, std::size_t at) {
  std::string block = at < bytes.size() ? bytes.substr(at, kBlock) : std::string();
  block.resize(kBlock, '\0');
  return block;
}

}  // namespace

std::string folder_of(const std::string& name) {
  const std::size_t slash = name.rfind('/');
  return slash == std::string::npos || slash == 0 ? "/" : name.substr(0, slash);
}

int Inode::lock(const OpenFile& owner, int command, struct flock& asked) {
  const off_t begin = asked.l_start, end = end_of(asked);
  for (const FileLock& other : locks) {
    if (other.owner == &owner || asked.l_type == F_UNLCK || !overlap(other, begin, end)) continue;
    if (!other.exclusive && asked.l_type != F_WRLCK) continue;
    if (command != F_OFD_GETLK) return -EAGAIN;
    asked = {};
    asked.l_type = other.exclusive ? F_WRLCK : F_RDLCK;
    asked.l_start = other.begin;
    asked.l_len = other.end == LLONG_MAX ? 0 : other.end - other.begin;
    asked.l_pid = -1;
    return 0;
  }
  if (command == F_OFD_GETLK) return asked.l_type = F_UNLCK, 0;
  // What it had there is replaced; what stands out on both sides remains.
  std::vector<FileLock> rest;
  for (const FileLock& own : std::exchange(locks, {})) {
    if (own.owner != &owner || !overlap(own, begin, end)) {
      rest.push_back(own);
      continue;
    }
    if (own.begin < begin) rest.push_back({&owner, own.exclusive, own.begin, begin});
    if (end < own.end) rest.push_back({&owner, own.exclusive, end, own.end});
  }
  if (asked.l_type != F_UNLCK) rest.push_back({&owner, asked.l_type == F_WRLCK, begin, end});
  locks = std::move(rest);
  return 0;
}

std::string Inode::after_power_cut(const std::function<std::uint64_t(std::uint64_t)>& draw) const {
  const auto [low, high] = std::minmax({bytes.size(), synced.size()});
  std::size_t size = bytes.size();
  switch (draw(2)) {
    case 0: break;
    case 1: size = synced.size(); break;
    default: {
      const std::size_t blocks = (high - low) / kBlock;
      size = std::min(high, (low / kBlock + draw(blocks + 1)) * kBlock);
      size = std::max(low, size);
    }
  }
  std::string left;
  for (std::size_t at = 0; at < size; at += kBlock) {
    const std::string now = block_of(bytes, at), before = block_of(synced, at);
    if (now == before) {
      left += now;
      continue;
    }
    std::string zeroed = now;
    for (std::size_t i = 0; i < kBlock; ++i) {
      if (at + i >= synced.size()) zeroed[i] = '\0';
    }
    const std::uint64_t which = draw(2);
    left += which == 0 ? now : which == 1 ? before : zeroed;
  }
  left.resize(size);
  return left;
}

OpenFile::OpenFile(std::shared_ptr<Inode> file, int how) : inode(std::move(file)) { flags = how; }

OpenFile::~OpenFile() {
  std::erase_if(inode->locks, [this](const FileLock& lock) { return lock.owner == this; });
}

ssize_t OpenFile::read_at(void* into, std::size_t size, std::size_t at) const {
  if (inode->directory) return -EISDIR;
  if ((flags & O_ACCMODE) == O_WRONLY) return -EBADF;
  const std::size_t begin = std::min(at, inode->bytes.size());
  const std::size_t taken = std::min(size, inode->bytes.size() - begin);
  std::memcpy(into, inode->bytes.data() + begin, taken);
  return static_cast<ssize_t>(taken);
}

ssize_t OpenFile::write_at(const void* from, std::size_t size, std::size_t at) {
  if ((flags & O_ACCMODE) == O_RDONLY) return -EBADF;
  const std::size_t have = inode->bytes.size();
  std::size_t end = at + size;
  if (end > have && end - have > *inode->disk_free) {
    end = have + *inode->disk_free;
    *inode->disk_was_full = true;
    if (end <= at) return -ENOSPC;
  }
  if (end > have) {
    *inode->disk_free -= end - have;
    inode->bytes.resize(end);
  }
  std::memcpy(inode->bytes.data() + at, from, end - at);
  return static_cast<ssize_t>(end - at);
}

ssize_t OpenFile::read(void* into, std::size_t size) {
  const ssize_t taken = read_at(into, size, offset);
  if (taken > 0) offset += static_cast<std::size_t>(taken);
  return taken;
}

ssize_t OpenFile::write(const void* from, std::size_t size) {
  if ((flags & O_APPEND) != 0) offset = inode->bytes.size();
  const ssize_t taken = write_at(from, size, offset);
  if (taken > 0) offset += static_cast<std::size_t>(taken);
  return taken;
}

mode_t OpenFile::type() const { return inode->directory ? S_IFDIR : S_IFREG; }

std::shared_ptr<Inode> Machine::make_file(const std::string& name, std::string bytes) {
  auto inode = std::make_shared<Inode>();
  inode->bytes = std::move(bytes);
  inode->disk_free = &disk_free;
  inode->disk_was_full = &disk_was_full;
  inode->number = next_inode_++;
  if (!name.empty()) change_names({{name, inode}});
  return inode;
}

void Machine::change_names(NameChange change) {
  for (const auto& [name, inode] : change) {
    if (inode) {
      files[name] = inode;
    } else {
      files.erase(name);
    }
  }
  unsynced_names_.push_back(std::move(change));
}

void Machine::sync_folder(const std::string& folder) {
  std::erase_if(unsynced_names_, [&](const NameChange& change) {
    if (folder_of(change.front().first) != folder) return false;
    for (const auto& [name, inode] : change) synced_names_[name] = inode;
    return true;
  });
}

void Machine::sync_all() {
  for (const auto& [name, inode] : files) inode->synced = inode->flushed = inode->bytes;
  synced_names_ = files;
  unsynced_names_.clear();
}

void Machine::adopt_files(const Machine& before) {
  std::map<const Inode*, std::shared_ptr<Inode>> copies;
  const auto copy = [&](const std::shared_ptr<Inode>& old) {
    std::shared_ptr<Inode>& made = copies[old.get()];
    if (!old || made) return made;
    made = std::make_shared<Inode>(*old);
    made->locks.clear();
    made->flushed = made->bytes;
    made->disk_free = &disk_free;
    made->disk_was_full = &disk_was_full;
    return made;
  };
  files.clear();
  synced_names_.clear();
  unsynced_names_.clear();
  for (const auto& [name, inode] : before.files) files[name] = copy(inode);
  for (const auto& [name, inode] : before.synced_names_) synced_names_[name] = copy(inode);
  for (NameChange change : before.unsynced_names_) {
    for (auto& [name, inode] : change) inode = copy(inode);
    unsynced_names_.push_back(std::move(change));
  }
  next_inode_ = before.next_inode_;
}

std::map<std::string, std::string> Machine::after_power_cut() {
  Names names = synced_names_;
  // A file system that keeps a journal has changes of names in their order.
  const std::size_t kept = draw(0, unsynced_names_.size());
  for (std::size_t i = 0; i < kept; ++i) {
    for (const auto& [name, inode] : unsynced_names_[i]) names[name] = inode;
  }
  std::map<std::string, std::string> left;
  for (const auto& [name, inode] : names) {
    if (!inode || inode->directory) continue;
    left[name] = inode->after_power_cut([this](std::uint64_t most) { return draw(0, most); });
  }
  return left;
}

OpenPtr Machine::open(const std::string& name, int how, int& error) {
  error = 0;
  if (name == "/dev/null") return std::make_shared<OpenNull>();
  constexpr char kOwn[] = "/proc/self/fd/";
  if (name.starts_with(kOwn)) {
    const auto found = descriptors.find(std::atoi(name.c_str() + sizeof kOwn - 1));
    const auto* end =
        found == descriptors.end() ? nullptr : dynamic_cast<PipeEnd*>(found->second.get());
    if (end != nullptr) return std::make_shared<PipeEnd>(end->pipe(), (how & O_ACCMODE) != 0);
  }
  if ((how & O_TMPFILE) == O_TMPFILE) return std::make_shared<OpenFile>(make_file(""), how);
  const auto found = files.find(name == "." ? kFolder : name);
  const bool there = found != files.end();
  if (!there && (how & O_CREAT) == 0) error = ENOENT;
  if (there && (how & O_CREAT) != 0 && (how & O_EXCL) != 0) error = EEXIST;
  if (there && found->second->directory && (how & O_ACCMODE) != O_RDONLY) error = EISDIR;
  if (there && !found->second->directory && (how & O_DIRECTORY) != 0) error = ENOTDIR;
  if (error != 0) return nullptr;
  const std::shared_ptr<Inode> inode = there ? found->second : make_file(name);
  if ((how & O_TRUNC) != 0) {
    disk_free += inode->bytes.size();
    inode->bytes.clear();
  }
  return std::make_shared<OpenFile>(inode, how);
}

}  // namespace spread::world
