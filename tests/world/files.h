// Files of the simulated machine: what reads see of them, and what of it the disk has for certain.
#pragma once

#include <fcntl.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "descriptors.h"

namespace spread::world {

class OpenFile;

/// A lock of fcntl(2) that belongs to an open file description, over the bytes [begin, end).
struct FileLock {
  const OpenFile* owner;
  bool exclusive;
  off_t begin, end;
};

/// What a file holds, whatever its names.
struct Inode {
  std::string bytes;
  /// What is on the disk for certain: what `bytes` were at the last fsync.
  std::string synced;
  /// What no close can lose any more: `bytes` at the last one, or fsync.
  std::string flushed;
  bool directory = false;
  std::size_t* disk_free = nullptr;  ///< bytes that all files may still grow by
  bool* disk_was_full = nullptr;     ///< a write has failed for that
  std::uint64_t number = 0;
  std::vector<FileLock> locks;

  /// F_OFD_SETLK, 0 or -EAGAIN; F_OFD_GETLK, 0. `asked.l_whence` is SEEK_SET.
  int lock(const OpenFile& owner, int command, struct flock& asked);
  /// What is there after a power cut. Each block that differs from what was synced is what was
  /// written, or what was synced, or, where the file had grown, zeros; its size is the new one, the
  /// old one, or one between, at the end of a block. `draw`: from 0 to its argument.
  std::string after_power_cut(const std::function<std::uint64_t(std::uint64_t)>& draw) const;
};
using Names = std::map<std::string, std::shared_ptr<Inode>>;

/// A change of names that happens as one, now or not at all: null is no file of that name.
using NameChange = std::vector<std::pair<std::string, std::shared_ptr<Inode>>>;

class OpenFile final : public Open {
 public:
  OpenFile(std::shared_ptr<Inode> inode, int how);
  ~OpenFile() override;
  ssize_t read(void* into, std::size_t size) override;
  ssize_t write(const void* from, std::size_t size) override;
  ssize_t read_at(void* into, std::size_t size, std::size_t offset) const;
  ssize_t write_at(const void* from, std::size_t size, std::size_t offset);
  unsigned ready() const override { return EPOLLIN | EPOLLOUT; }
  bool can_wait() const override { return false; }
  mode_t type() const override;

  std::shared_ptr<Inode> inode;
  std::size_t offset = 0;
};

/// "/a/b" of "/a/b/c".
std::string folder_of(const std::string& name);

}  // namespace spread::world
