#include "spread/io/output_files.h"

#include <fcntl.h>

#include "spread/io/files.h"

namespace spread {

ByteView NamedOutputFiles::read(const std::string& file, std::uint64_t offset,
                                std::uint64_t bytes) {
  if (name_ != file) {
    name_ = file;
    fd_ = open_file(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  }
  // What a journal claims is no reason to take memory.
  const std::uint64_t size = fd_ ? file_size(fd_.get()).value_or(0) : 0;
  if (offset > size || bytes > size - offset) return {};
  bytes_.resize(bytes);
  const auto read = read_at(fd_.get(), offset, bytes_);
  return ByteView(bytes_).first(read.value_or(0));
}

}  // namespace spread
