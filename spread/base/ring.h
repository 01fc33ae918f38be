#pragma once

#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>

#include "spread/base/assert.h"

namespace spread {

/// A queue in one growable power-of-two array; std::deque allocates half a kilobyte when it is
/// still empty, which a thousand workers would pay for. Index 0 is the front.
template <typename T>
class Ring {
 public:
  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  T& operator[](std::size_t i) { return items_[(begin_ + i) & (capacity_ - 1)]; }
  const T& operator[](std::size_t i) const { return items_[(begin_ + i) & (capacity_ - 1)]; }
  T& front() { return (*this)[0]; }
  const T& front() const { return (*this)[0]; }
  T& back() { return (*this)[size_ - 1]; }
  const T& back() const { return (*this)[size_ - 1]; }

  void push_back(T item) {
    if (size_ == capacity_) grow();
    (*this)[size_] = std::move(item);
    ++size_;
  }
  void pop_front() {
    SPREAD_ASSERT(size_ > 0);
    if constexpr (!std::is_trivially_destructible_v<T>) front() = T{};
    begin_ = (begin_ + 1) & (capacity_ - 1);
    --size_;
  }
  /// Keeps the order of the others. O(distance to the nearer end).
  void erase(std::size_t i) {
    SPREAD_ASSERT(i < size_);
    if (i < size_ / 2) {
      for (; i > 0; --i) (*this)[i] = std::move((*this)[i - 1]);
      pop_front();
    } else {
      for (; i + 1 < size_; ++i) (*this)[i] = std::move((*this)[i + 1]);
      (*this)[size_ - 1] = T{};
      --size_;
    }
  }
  void clear() {
    while (!empty()) pop_front();
  }

 private:
  void grow() {
    const std::size_t bigger = capacity_ == 0 ? 4 : capacity_ * 2;
    std::unique_ptr<T[]> items(new T[bigger]());
    for (std::size_t i = 0; i < size_; ++i) items[i] = std::move((*this)[i]);
    items_ = std::move(items);
    capacity_ = bigger;
    begin_ = 0;
  }

  std::unique_ptr<T[]> items_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t size_ = 0;
};

}  // namespace spread
