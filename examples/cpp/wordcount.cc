// Counts words in files, without those that every text has. A task is a file name, the prep items
// are the names of stop word lists, each read once per worker:
//     ls /usr/share/common-licenses/* | spread run --prep stopwords.txt -- ./wordcount
#include <spread/worker.hpp>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <iterator>
#include <map>
#include <unordered_set>

namespace {

std::string read_file(const std::string& name) {
  std::ifstream file(name, std::ios::binary);
  if (!file) throw spread::task_error("file", "open " + name + ": " + std::strerror(errno));
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Calls `use(word)` for every run of ASCII letters, in lower case.
template <class Use>
void for_each_word(const std::string& text, const Use& use) {
  const auto is_letter = [](unsigned char c) { return std::isalpha(c) != 0; };
  auto at = text.begin();
  while ((at = std::find_if(at, text.end(), is_letter)) != text.end()) {
    const auto end = std::find_if_not(at, text.end(), is_letter);
    std::string word(at, end);
    for (char& c : word) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    use(std::move(word));
    at = end;
  }
}

class Counter {
 public:
  explicit Counter(const std::vector<std::string>& stop_word_files) {
    for (const auto& name : stop_word_files) {
      for_each_word(read_file(name),
                    [&](std::string word) { stop_words_.insert(std::move(word)); });
    }
  }

  std::map<std::string, int> count(const std::string& file) const {
    std::map<std::string, int> counts;
    for_each_word(read_file(file), [&](std::string word) {
      if (!stop_words_.contains(word)) ++counts[std::move(word)];
    });
    return counts;
  }

 private:
  std::unordered_set<std::string> stop_words_;
};

/// The five most frequent words, as {"word": count}.
std::map<std::string, int> top_five(const std::map<std::string, int>& counts) {
  std::vector<std::pair<std::string, int>> ranking(counts.begin(), counts.end());
  const auto five = std::min<std::size_t>(5, ranking.size());
  std::partial_sort(ranking.begin(), ranking.begin() + static_cast<std::ptrdiff_t>(five),
                    ranking.end(),
                    [](const auto& a, const auto& b) { return a.second > b.second; });
  ranking.resize(five);
  return {ranking.begin(), ranking.end()};
}

}  // namespace

int main() {
  int files = 0;
  const int status = spread::worker(
      [&](const Counter& counter, const std::string& file) {
        ++files;
        return top_five(counter.count(file));
      },
      spread::prep(
          [](std::vector<std::string> stop_word_files) { return Counter(stop_word_files); }));
  // After worker() stdout is the real one again: this is the worker's tail.
  if (status == 0) std::printf("%d files counted\n", files);
  return status;
}
