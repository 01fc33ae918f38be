#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "spread/arguments/argument_source.h"

namespace spread::test {

using Source = ArgumentSourceOptions::Source;

inline Source file(std::string name = "in", bool linked = false) {
  return {std::move(name), false, {}, linked};
}
inline Source list(std::vector<std::string> words, bool linked = false) {
  return {"", true, std::move(words), linked};
}

/// "[a][b]" for the values a and b.
inline std::string text_of(ByteView payload) {
  std::string text;
  std::string_view rest = as_text(payload);
  while (!rest.empty()) {
    const std::size_t end = rest.find('\0');
    EXPECT_NE(end, std::string_view::npos) << "a value without its NUL";
    text += '[' + std::string(rest.substr(0, end)) + ']';
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return text;
}

/// The tasks of `options`, where texts[i] is what is in source i; then "bad: ..." and, last,
/// "broken: ...".
inline std::vector<std::string> read_tasks(const ArgumentSourceOptions& options,
                                           std::vector<std::string_view> texts,
                                           std::size_t piece_bytes,
                                           std::vector<std::string>* names = nullptr) {
  auto source = ArgumentSource::make(options);
  if (!source) return {"error: " + source.error().message};
  texts.resize(options.sources.size());
  std::vector<std::string> tasks;
  std::vector<bool> finished(texts.size());
  Record record;
  while (true) {
    switch ((*source)->next(record)) {
      case Pull::Record:
        tasks.push_back(record.bad.empty() ? text_of(record.payload.body.view())
                                           : "bad: " + record.bad);
        if (names != nullptr) *names = (*source)->names();
        break;
      case Pull::NeedMore: {
        const std::size_t i = (*source)->wanted();
        EXPECT_FALSE(options.sources[i].is_list);
        EXPECT_FALSE(finished[i]) << "more is wanted after finish()";
        if (finished[i]) return tasks;
        const std::size_t n = std::min(piece_bytes, texts[i].size());
        if (n == 0) {
          (*source)->finish();
          finished[i] = true;
        } else {
          (*source)->feed(Slice::copy_of(as_bytes(texts[i].substr(0, n))));
          texts[i].remove_prefix(n);
        }
        break;
      }
      case Pull::Broken: tasks.push_back("broken: " + (*source)->error()); [[fallthrough]];
      case Pull::Wait:
      case Pull::Later:
      case Pull::End:
        EXPECT_NE((*source)->next(record), Pull::Record) << "a task after the end";
        return tasks;
    }
  }
}

/// The same, whatever the pieces.
inline std::vector<std::string> tasks_of(const ArgumentSourceOptions& options,
                                         const std::vector<std::string_view>& texts = {}) {
  std::size_t longest = 0;
  for (const std::string_view text : texts) longest = std::max(longest, text.size());
  std::vector<std::string> whole = read_tasks(options, texts, longest + 1);
  for (std::size_t size = 1; size <= std::min<std::size_t>(longest, 40); ++size) {
    EXPECT_EQ(read_tasks(options, texts, size), whole) << "in pieces of " << size;
  }
  return whole;
}

}  // namespace spread::test
