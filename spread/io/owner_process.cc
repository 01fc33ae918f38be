#include "spread/io/owner_process.h"

#include <sys/mman.h>

#include <cstddef>

namespace spread {
namespace {

std::size_t page_bytes() { return static_cast<std::size_t>(sys::page_size()); }

}  // namespace

OwnerProcess::OwnerProcess() : pid_(sys::getpid()) {
  void* const page =
      sys::mmap(nullptr, page_bytes(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return;
  if (sys::madvise(page, page_bytes(), MADV_WIPEONFORK) != 0) {
    sys::munmap(page, page_bytes());
    return;
  }
  page_ = static_cast<char*>(page);
  *page_ = 1;
}

OwnerProcess::~OwnerProcess() {
  if (page_ != nullptr) sys::munmap(const_cast<char*>(page_), page_bytes());
}

}  // namespace spread
