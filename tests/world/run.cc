#include "run.h"

#include <fcntl.h>

#include <algorithm>

#include "programs.h"
#include "spread/cli/command_line.h"
#include "spread/io/signals.h"

namespace spread::world {
namespace {

/// Of a file that is there before -o empties it: more than most runs write.
std::string old_text() {
  std::string text = "of a run before, and to be emptied when this one begins";
  text.resize(400'000, '.');
  return text;
}

Result<SignalSet> take_signals() {
  for (const int number : {SIGPIPE, SIGXFSZ}) sigaddset(&Machine::current().ignored, number);
  return SignalSet::create();
}

}  // namespace

Run::Run(Scenario& scenario, std::uint64_t seed, const Faults& faults,
         const std::map<std::string, std::string>& files)
    : scenario_(scenario), machine_(seed, faults) {
  machine_.find_program = [this](Process& child) { return find_program(scenario_, child); };
  for (const auto& [name, bytes] : files) machine_.make_file(name, bytes);
  machine_.sync_all();
}

Run::Run(Scenario& scenario, std::uint64_t seed, const Faults& faults, const Run& before,
         const std::vector<std::string>& taken_away)
    : Run(scenario, seed, faults, std::map<std::string, std::string>()) {
  machine_.adopt_files(before.machine_);
  for (const std::string& name : taken_away) machine_.change_names({{name, nullptr}});
}

/// What tells which boot this is, and which process.
void Run::make_proc() {
  const JournalPlan& journal = scenario_.journal;
  if (!journal.there || journal.no_proc) return;
  machine_.make_file(kBootId, "boot " + std::to_string(journal.boot));
  machine_.make_file("/proc/self/ns/pid");
  std::string stat = "999 (spread) S";
  constexpr int kFields = 18;
  for (int i = 0; i < kFields; ++i) stat += " 7";
  machine_.make_file("/proc/self/stat", stat + " " + std::to_string(1000 + journal.boot) + " 7\n");
}

/// Standard input and output.
void Run::open_files() {
  if (scenario_.in_file) {
    const auto file = machine_.make_file("/world/in", scenario_.input);
    machine_.descriptors[0] = std::make_shared<OpenFile>(file, O_RDONLY);
  } else {
    connect(0, feeder(scenario_.in, scenario_.input, last_input_), true);
  }
  // With a journal one that is not of it is left alone.
  if (scenario_.out_named && !scenario_.journal.there) machine_.make_file(kOutFile, old_text());
  if (scenario_.out_file) machine_.results_file = kOutFile;
  if (scenario_.out_file && !scenario_.out_named) {
    machine_.descriptors[1] = std::make_shared<OpenFile>(machine_.make_file(kOutFile), O_WRONLY);
  } else {
    connect(1, reader(scenario_.out, outcome_.out, outcome_.out_read_last), false);
    if (!scenario_.out_file) machine_.results_pipe = pipes_[1].get();
  }
}

void Run::execute(const std::vector<std::string>& words, const std::function<void()>& over) {
  for (const auto& [name, file] : machine_.files) machine_.were_there.insert(name);
  machine_.on_stop = [this, over](const std::string& why) {
    outcome_.why = why;
    let_rest();
    over();
  };
  make_proc();
  open_files();
  if (scenario_.one_place) {
    machine_.descriptors[2] = machine_.descriptors[1];
  } else {
    connect(2, reader(scenario_.errors, outcome_.errors, outcome_.errors_read_last), false);
  }
  std::vector<const char*> argv;
  for (const std::string& word : words) argv.push_back(word.c_str());
  argv.push_back(nullptr);
  char variable[] = "PATH=/bin";
  char* environment[] = {variable, nullptr};
  outcome_.status = cli::run_command_line(static_cast<int>(argv.size() - 1), argv.data(),
                                          Environment(environment), {0, 1, 2}, take_signals);
  let_rest();
  over();
}

void Run::connect(int fd, const Program& program, bool input) {
  Process& beside = machine_.add_process();
  const auto pipe = machine_.make_pipe();
  machine_.descriptors[fd] = std::make_shared<PipeEnd>(pipe, !input);
  pipes_[fd] = pipe;
  if (!input) machine_.outputs.insert(pipe.get());
  beside.descriptors[0] = std::make_shared<PipeEnd>(pipe, input);
  beside.begin(program);
}

void Run::let_grow(const std::string& name) {
  const std::shared_ptr<Inode> file = machine_.files.at(name);
  const std::string all = file->bytes;
  constexpr std::size_t kLeast = 16, kPage = 4096;  // its first bytes say what it is
  std::size_t size = kLeast;
  for (Time when = 0; size < all.size(); when += 300 * kMillisecond) {
    size = when == 0 ? machine_.draw(kLeast, all.size())
                     : size + machine_.draw(1, 1 + (all.size() - size) / 2);
    std::string there = all.substr(0, size);
    // A file has its new size before a reader on another host has its new pages.
    there.resize(std::min(all.size(), (size / kPage + machine_.draw(0, 2)) * kPage + size % kPage));
    machine_.timeline().at(when, [file, there] { file->bytes = there; });
    if (when == 0) file->bytes = there;
  }
}

/// Readers take what is in the pipes, and what ends by itself ends.
void Run::let_rest() {
  machine_.ended = true;
  outcome_.ended = machine_.now();
  machine_.descriptors.clear();
  constexpr Time kRest = 200 * kSecond;
  machine_.timeline().advance(machine_.now() + kRest);
  // Who sleeps could still read what is in the pipe.
  if (pipes_[1] && !scenario_.out.closes) outcome_.out += pipes_[1]->bytes;
  if (pipes_[2] && !scenario_.errors.closes) outcome_.errors += pipes_[2]->bytes;
  if (scenario_.out_named && !outcome_.out.empty()) {
    machine_.complaints.push_back("with -o this was on stdout: " + outcome_.out);
  }
  if (scenario_.out_file) {
    const auto file = machine_.files.find(kOutFile);
    outcome_.out = file == machine_.files.end() ? std::string() : file->second->bytes;
  }
  // The run has not begun.
  if (scenario_.out_named && outcome_.out == old_text()) outcome_.out.clear();
  outcome_.last_activity = std::max(
      {last_input_, outcome_.errors_read_last, outcome_.out_read_last, machine_.last_work});
}

std::map<std::string, std::string> Run::files() {
  if (machine_.faults().power_cut && outcome_.why == "killed") return machine_.after_power_cut();
  std::map<std::string, std::string> files;
  for (const auto& [name, file] : machine_.files) {
    if (!file->directory) files[name] = file->bytes;
  }
  return files;
}

}  // namespace spread::world
