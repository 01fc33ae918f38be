// Finds spelling mistakes in the comments of C and C++ headers, without a word list: what many
// files write in one way and hardly any in another, one slip of the finger apart, is a mistake.
//
//     find /usr/include -type f > headers
//     spread run --prep-file headers -a headers -- ./typos
//
// The prep items name the files to learn from, which takes seconds, once per worker; a task names
// a file to check, which takes some milliseconds. The answer to a task is a line such as
// "occured>occurred seperate>separate", empty where nothing was found.
//
//     ./typos headers FILE...    the same without spread: checks FILEs, or those named on stdin
#include <spread/worker.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
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

constexpr std::size_t kWordMax = 24;

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }

/// What may stand around a word of a sentence. A word with anything else beside it (`x_`, `->`,
/// `::`, `@`, a digit) is a name of the code, and names may be spelt as their authors like.
bool ends_word(char c) {
  return std::string_view(" \t\r\n.,;:!?").find(c) != std::string_view::npos;
}

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
    if (word.size() < 4 || word.size() > kWordMax) continue;
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

/// How far `wrong` is from `right` in slips of the finger: a letter missing, added, mistaken, or
/// two swapped (Damerau's distance). Double letters and vowels are confused more easily. The first
/// letter seldom is, and the last two are grammar rather than spelling: there a slip counts double.
double slips(std::string_view wrong, std::string_view right) {
  constexpr std::size_t kSize = kWordMax + 1;
  const auto is_vowel = [](char c) {
    return std::string_view("aeiouy").find(c) != std::string::npos;
  };
  std::array<std::array<double, kSize>, kSize> cost;
  for (std::size_t i = 0; i <= wrong.size(); ++i) {
    const double weight = i <= 1 || i + 1 >= wrong.size() ? 2 : 1;
    for (std::size_t j = 0; j <= right.size(); ++j) {
      double least = i + j == 0 ? 0 : 1e9;
      if (i > 0) {
        const bool doubled = i > 1 && wrong[i - 1] == wrong[i - 2];
        least = std::min(least, cost[i - 1][j] + weight * (doubled ? 0.7 : 1));
      }
      if (j > 0) {
        const bool doubled = j > 1 && right[j - 1] == right[j - 2];
        least = std::min(least, cost[i][j - 1] + weight * (doubled ? 0.7 : 1));
      }
      if (i > 0 && j > 0) {
        const char a = wrong[i - 1], b = right[j - 1];
        const double mistaken = a == b ? 0 : is_vowel(a) && is_vowel(b) ? 0.8 : 1;
        least = std::min(least, cost[i - 1][j - 1] + weight * mistaken);
        if (i > 1 && j > 1 && a == right[j - 2] && wrong[i - 2] == b) {
          least = std::min(least, cost[i - 2][j - 2] + (i == 2 ? 2 : 1));
        }
      }
      cost[i][j] = least;
    }
  }
  return cost[wrong.size()][right.size()];
}

/// How many files use each word: the whole model. What it makes of a rare word is the noisy
/// channel's answer: the word that best explains it, frequent and few slips away.
class Speller {
 public:
  explicit Speller(const std::vector<std::string>& files) {
    for (const std::string& file : files) {
      for (const std::string& word : comment_words(read_file(file))) ++files_with_[word];
    }
    for (const auto& [word, count] : files_with_) {
      if (count >= kTimesMore) frequent_.push_back({word, double(count)});
    }
    std::sort(frequent_.begin(), frequent_.end(),
              [](const Frequent& a, const Frequent& b) { return a.word < b.word; });
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

 private:
  static constexpr std::size_t kRareMin = 7;     // letters; shorter words have too many neighbours
  static constexpr std::uint32_t kRareMax = 30;  // what more files write is a word
  static constexpr std::uint32_t kTimesMore = 40;  // how much more files have it right, per slip
  static constexpr std::uint32_t kStemMin = 4;     // files that a stem is known from

  struct Frequent {
    std::string word;
    double files;
  };

  std::uint32_t files_with(const std::string& word) const {
    const auto found = files_with_.find(word);
    return found == files_with_.end() ? 0 : found->second;
  }

  /// Empty: the word is right, or unknown.
  std::string correction(const std::string& word) const {
    const double count = std::max(files_with(word), 1U);
    if (word.size() < kRareMin || count > kRareMax) return {};
    const double slips_max = word.size() < 10 ? 1 : 2;
    const std::string* best = nullptr;
    double best_evidence = 0;
    for (const Frequent& candidate : frequent_) {
      if (candidate.word.size() + 2 < word.size() || candidate.word.size() > word.size() + 2)
        continue;
      const double distance = slips(word, candidate.word);
      const double evidence = std::log(candidate.files / count) - distance * std::log(kTimesMore);
      if (distance > slips_max || evidence <= best_evidence) continue;
      best = &candidate.word;
      best_evidence = evidence;
    }
    if (best == nullptr || is_british(word, *best) || is_form_of_known_word(word)) return {};
    return *best;
  }

  /// Rare and right: "halving" is a form of "halve", "chances" one of "chance".
  bool is_form_of_known_word(const std::string& word) const {
    for (const std::string_view ending : {"s", "es", "d", "ed", "r", "ing", "ly"}) {
      if (!word.ends_with(ending)) continue;
      const std::string stem = word.substr(0, word.size() - ending.size());
      for (const std::string& form : {stem, stem + 'e'}) {
        if (form != word && files_with(form) >= kStemMin && correction(form).empty()) return true;
      }
    }
    return false;
  }

  /// "initialise" for "initialize", "colour" for "color".
  static bool is_british(const std::string& word, const std::string& american) {
    const auto [here, there] = std::mismatch(word.begin(), word.end(), american.begin());
    return here != word.end() && there != american.end() &&
           ((*here == 's' && *there == 'z') || (*here == 'u' && *there == 'r'));
  }

  std::unordered_map<std::string, std::uint32_t> files_with_;
  std::vector<Frequent> frequent_;
};

std::vector<std::string> read_lines(const std::string& name) {
  std::ifstream file(name);
  if (!file) throw std::runtime_error("open " + name + ": " + std::strerror(errno));
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

/// Without spread: learns, checks, ends.
int check_alone(const std::string& learn_from, const std::vector<std::string>& files) {
  const Speller speller(read_lines(learn_from));
  for (const std::string& file : files) std::cout << speller.check(file) << '\n';
  for (std::string file; files.empty() && std::getline(std::cin, file);) {
    std::cout << speller.check(file) << '\n';
  }
  return std::cout.flush() ? 0 : 1;
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1) {
    try {
      return check_alone(argv[1], {argv + 2, argv + argc});
    } catch (const std::exception& error) {
      std::cerr << "typos: " << error.what() << '\n';
      return 1;
    }
  }
  int tasks = 0;
  double learning = 0, checking = 0;
  const int status = spread::worker(
      [&](const Speller& speller, const std::string& file) {
        const auto start = std::chrono::steady_clock::now();
        std::string answer = speller.check(file);
        checking += seconds_since(start);
        ++tasks;
        return answer;
      },
      spread::prep([&](const std::vector<std::string>& files) {
        const auto start = std::chrono::steady_clock::now();
        Speller speller(files);
        learning = seconds_since(start);
        return speller;
      }));
  // What is printed after the last answer is the worker's tail.
  if (status == 0) {
    std::printf("{\"tasks\":%d,\"learning\":%.3f,\"checking\":%.3f}\n", tasks, learning, checking);
  }
  return status;
}
