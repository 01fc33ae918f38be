// Finds spelling mistakes in the comments of C and C++ headers, without a word list: what many
// files write in one way and hardly any in another, one slip of the finger apart, is a mistake.
//
//     find /usr/include -type f > headers
//     spread run --prep-file headers -a headers -- ./typos
//
// The prep items name the files to learn from, which takes seconds, once per worker; a task names
// a file to check, which takes a millisecond. The answer to a task is a line such as
// "occured>occurred seperate>separate", empty where nothing was found.
//
//     ./typos LEARN CHECK    the same without spread: two files of file names, answers to stdout
#include <spread/worker.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace {

using Words = std::set<std::string, std::less<>>;

std::string read_file(const std::string& name) {
  std::ifstream file(name, std::ios::binary);
  if (!file) throw spread::task_error("file", "open " + name + ": " + std::strerror(errno));
  return {std::istreambuf_iterator<char>(file), {}};
}

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }

/// What may stand around a word of a sentence. A word with anything else beside it (`x_`, `->`,
/// `::`, `@`, a digit) is a name of the code, and names may be spelt as their authors like.
bool ends_word(char c) { return std::string_view(" \t\r\n.,;:!?").find(c) != std::string_view::npos; }

/// Adds the words of one comment. Those with a capital are left out: names of people, of types.
void add_words(std::string_view comment, Words& words) {
  for (std::size_t at = 0; at < comment.size();) {
    if (ends_word(comment[at])) {
      ++at;
      continue;
    }
    const std::size_t begin = at;
    while (at < comment.size() && !std::isspace(static_cast<unsigned char>(comment[at]))) ++at;
    std::string_view word = comment.substr(begin, at - begin);
    while (!word.empty() && ends_word(word.back())) word.remove_suffix(1);
    if (word.size() < 4 || word.size() > 24) continue;
    if (std::all_of(word.begin(), word.end(), is_lower)) words.emplace(word);
  }
}

/// The words in the comments of C or C++ source text.
Words comment_words(std::string_view text) {
  Words words;
  for (std::size_t at = 0; (at = text.find_first_of("/\"", at)) != std::string_view::npos;) {
    const std::string_view rest = text.substr(at);
    std::size_t length = 1;
    if (rest[0] == '"') {  // a string ends at the next quote, or at the end of a line
      while (length < rest.size() && rest[length] != '"' && rest[length] != '\n') {
        length += rest[length] == '\\' ? 2 : 1;
      }
      ++length;
    } else if (rest.substr(0, 2) == "//" || rest.substr(0, 2) == "/*") {
      const std::string_view end = rest[1] == '/' ? "\n" : "*/";
      length = std::min(rest.find(end, 2), rest.size());
      add_words(rest.substr(2, length - std::min<std::size_t>(length, 2)), words);
    }
    at = std::min(at + length, text.size());
  }
  return words;
}

/// How many files use a word: the whole model.
class Speller {
 public:
  explicit Speller(const std::vector<std::string>& files) {
    for (const std::string& file : files) {
      for (const std::string& word : comment_words(read_file(file))) ++files_with_[word];
    }
  }

  std::string check(const std::string& file) const {
    std::string answer;
    for (const std::string& word : comment_words(read_file(file))) {
      const std::string better = correction(word);
      if (better.empty()) continue;
      if (!answer.empty()) answer += ' ';
      answer += word + '>' + better;
    }
    return answer;
  }

  std::size_t words() const { return files_with_.size(); }

 private:
  static constexpr std::size_t kWordMin = 7;  // shorter words have too many neighbours
  static constexpr std::uint32_t kTimesMore = 40;
  static constexpr std::uint32_t kStemMin = 4;

  std::uint32_t files_with(const std::string& word) const {
    const auto found = files_with_.find(word);
    return found == files_with_.end() ? 0 : found->second;
  }

  /// Rare and right: "halving" is a form of "halve", "chances" one of "chance".
  bool is_form_of_known_word(const std::string& word) const {
    for (const std::string_view ending : {"s", "es", "d", "ed", "r", "ing", "ly"}) {
      if (!word.ends_with(ending)) continue;
      const std::string stem = word.substr(0, word.size() - ending.size());
      const std::string with_e = stem + 'e';
      for (const std::string& form : {stem, with_e}) {
        if (form != word && files_with(form) >= kStemMin && correction(form).empty()) return true;
      }
    }
    return false;
  }

  /// The most frequent word one slip away (a letter missing, doubled or mistaken, or two swapped),
  /// if it is that much more frequent; else nothing. The first letter and, but for a swap, the last
  /// two are taken to be right: `-s`, `-d` and `un-` are no slips.
  std::string correction(const std::string& word) const {
    if (word.size() < kWordMin) return {};
    const std::uint32_t files_min = std::max(files_with(word), 1U) * kTimesMore;
    std::string best;
    std::uint32_t best_files = files_min - 1;
    const auto consider = [&](const std::string& candidate) {
      const std::uint32_t files = files_with(candidate);
      if (files <= best_files) return;
      best = candidate;
      best_files = files;
    };
    std::string slip = word;
    for (std::size_t at = 1; at + 1 < word.size(); ++at) {
      std::swap(slip[at], slip[at + 1]);
      consider(slip);
      slip = word;
      if (at + 2 >= word.size()) break;
      for (char letter = 'a'; letter <= 'z'; ++letter) {
        slip[at] = letter;
        consider(slip);
      }
      slip = word;
      slip.erase(at, 1);
      consider(slip);
      slip = word;
      slip.insert(at, 1, 'a');
      for (; slip[at] <= 'z'; ++slip[at]) consider(slip);
      slip = word;
    }
    if (best.empty() || is_british(word, best) || is_form_of_known_word(word)) return {};
    return best;
  }

  /// "initialise" for "initialize", "colour" for "color".
  static bool is_british(const std::string& word, const std::string& american) {
    const auto [here, there] = std::mismatch(word.begin(), word.end(), american.begin());
    return here != word.end() && there != american.end() &&
           ((*here == 's' && *there == 'z') || (*here == 'u' && *there == 'r'));
  }

  std::unordered_map<std::string, std::uint32_t> files_with_;
};

std::vector<std::string> read_lines(const std::string& name) {
  std::ifstream file(name);
  if (!file) throw std::runtime_error("open " + name + ": " + std::strerror(errno));
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

using Seconds = std::chrono::duration<double>;

}  // namespace

int main(int argc, char** argv) {
  if (argc == 3) {
    try {
      const Speller speller(read_lines(argv[1]));
      for (const std::string& file : read_lines(argv[2])) std::cout << speller.check(file) << '\n';
    } catch (const std::exception& error) {
      std::cerr << "typos: " << error.what() << '\n';
      return 1;
    }
    return std::cout.flush() ? 0 : 1;
  }

  const auto start = std::chrono::steady_clock::now();
  Seconds learning{0};
  int tasks = 0;
  const int status = spread::worker(
      [&](const Speller& speller, const std::string& file) {
        ++tasks;
        return speller.check(file);
      },
      spread::prep([&](const std::vector<std::string>& files) {
        Speller speller(files);
        learning = std::chrono::steady_clock::now() - start;
        return speller;
      }));
  // The worker's tail.
  if (status == 0) std::printf("%d %.3f\n", tasks, learning.count());
  return status;
}
