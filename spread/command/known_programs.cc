#include "spread/command/known_programs.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "spread/base/characters.h"
#include "spread/base/quote.h"
#include "spread/command/command_scan.h"

namespace spread {
namespace {

constexpr std::string_view kAsArgument =
    "let its own shell have the item as an argument: ... sh -c 'COMMAND \"$1\"' sh {}";
constexpr std::string_view kRemote =
    "name the host with -S, which quotes the item, or send it on stdin with --stdin";
constexpr std::string_view kVariable =
    "read it from the environment variable SPREAD_ITEM, or from the arguments behind the code";
constexpr std::string_view kSql = "read it from stdin with --stdin, or bind it as a parameter";
constexpr std::string_view kName = "name a fixed variable and assign the item to it: x={}";
constexpr std::string_view kTrap =
    "give the item a name first, and use that in single quotes: x={}; trap 'rm \"$x\"' EXIT";
constexpr std::string_view kDirect = "call the command itself, without this word before it";

// names, {letters, attached, long arguments}, code letters, code long, program letters,
// first and last operand that is code, ends at the first operand, by a shell, instead
constexpr Interpreter kInterpreters[] = {
    // clang-format off
    {"ssh slogin rsh autossh mosh", {"BbcDEeFIiJLlmOopQRSWw", "", "ssh"}, "", "", "", 1,
     kAllOperands, false, true, kRemote},
    {"pdsh dsh clush pssh parallel-ssh", {"wxlturRSgGahHoOp", "", ""}, "", "", "", 0,
     kAllOperands, false, true, kRemote},
    {"eval", {}, "", "", "", 0, kAllOperands, false, true, kDirect},
    {"trap", {}, "", "", "", 0, 0, false, true, kTrap},
    {"alias", {}, "", "", "", 0, kAllOperands, false, true, kDirect},
    {"su runuser", {"cgGswT", "", "--command --group --shell"}, "c",
     "--command --session-command", "", kNoOperand, kNoOperand, false, true, kAsArgument},
    {"script", {"cEIOBTom", "", "--command"}, "c", "--command", "", kNoOperand, kNoOperand, false,
     true, kAsArgument},
    {"watch", {"nq", "", "--interval"}, "", "", "", 0, kAllOperands, false, true, kAsArgument},
    {"parallel sem rush", {"jPSaIndLNCs", "", "--jobs"}, "", "", "", 0, kAllOperands, false, true,
     kDirect},
    {"fish csh tcsh rc es nu xonsh elvish", {"c", "", "--command --commands"}, "c",
     "--command --commands", "", kNoOperand, kNoOperand, true, false, kVariable},
    {"nix-shell", {"pAI", "", ""}, "", "--run --command", "", kNoOperand, kNoOperand, false, true,
     kAsArgument},
    {"python pypy ipython", {"cWXm", "", ""}, "c", "", "", kNoOperand, kNoOperand, true, false,
     kAsProgramArgument},
    {"perl", {"eEI", "MmixFCdD", ""}, "eE", "", "", kNoOperand, kNoOperand, true, false, kAsProgramArgument},
    {"ruby jruby", {"eIrCE", "iFxKTW", ""}, "e", "", "", kNoOperand, kNoOperand, true, false,
     kAsProgramArgument},
    {"node nodejs bun deno", {"epr", "", "--require -pe"}, "ep", "--eval --print -pe", "",
     kNoOperand, kNoOperand, true, false, kAsProgramArgument},
    {"php", {"rBREdfczStF", "", ""}, "rBRE", "--run", "f", kNoOperand, kNoOperand, true, false,
     kAsProgramArgument},
    {"lua luajit", {"el", "", ""}, "e", "", "", kNoOperand, kNoOperand, true, false, kAsProgramArgument},
    {"Rscript R julia", {"eE", "", ""}, "eE", "", "", kNoOperand, kNoOperand, true, false, kAsProgramArgument},
    {"octave guile sbcl emacs", {"c", "", ""}, "c", "--eval", "", kNoOperand, kNoOperand, false,
     false, kVariable},
    {"ghc runghc groovy scala clojure osascript elixir", {"e", "", ""}, "e", "--eval", "",
     kNoOperand, kNoOperand, true, false, kAsProgramArgument},
    {"awk gawk mawk nawk original-awk", {"veFfEiDl", "", "--assign --field-separator --file"},
     "e", "--source", "fE", 0, 0, true, false, kVariable},
    {"sed gsed", {"efl", "iE", "--file --line-length"}, "e", "--expression", "f", 0, 0, false,
     false, "sed cannot take it as data; awk can, from the environment variable SPREAD_ITEM"},
    {"jq", {"fL", "", "--arg --argjson --slurpfile --rawfile"}, "", "", "f", 0, 0, false, false,
     "give it as a variable: jq --arg item {} '... $item ...'"},
    {"sqlite duckdb", {"c", "", "-cmd -separator"}, "c", "-cmd", "", 1, kAllOperands, false,
     false, kSql},
    {"psql", {"cdfhUpvoPL", "", "--dbname --host --username --port --set --variable"}, "c",
     "--command", "", kNoOperand, kNoOperand, false, false, kSql},
    {"mysql mariadb", {"eDhPSu", "p", "--database --host --user"}, "e", "--execute", "",
     kNoOperand, kNoOperand, false, false, kSql},
    {"compgen complete", {}, "", "", "", 0, kAllOperands, false, true, kDirect},
    {"emulate", {"c", "", ""}, "c", "", "", kNoOperand, kNoOperand, false, true, kDirect},
    {"pee", {}, "", "", "", 0, kAllOperands, false, true, kAsArgument},
    {"hyperfine",
     {"wrmMpcsSnuPDL", "",
      "--warmup --runs --min-runs --max-runs --prepare --setup --cleanup --shell --command-name "
      "--export-json --export-csv --export-markdown --parameter-list"},
     "psc", "--prepare --setup --cleanup", "", 0, kAllOperands, false, true, kAsArgument},
    {"tmux", {"cfLSTtnsxyFe", "", ""}, "", "", "", 1, kAllOperands, false, true, kAsArgument},
    {"split", {"abClnt", "", "--filter"}, "", "--filter", "", kNoOperand, kNoOperand, false, true,
     "its --filter can read the item from the environment variable SPREAD_ITEM"},
    {"tar gtar bsdtar",
     {"ICfTXbgFHKLNV", "", "--to-command --use-compress-program --checkpoint-action"}, "IF",
     "--to-command --use-compress-program --checkpoint-action --rsh-command --info-script "
     "--new-volume-script",
     "", kNoOperand, kNoOperand, false, true,
     "its command can read the item from the environment variable SPREAD_ITEM"},
    {"vagrant gcloud", {"c", "", "--command"}, "c", "--command", "", kNoOperand, kNoOperand,
     false, true, kRemote},
    {"ansible", {"aimuefl", "", "--args --module-name --inventory"}, "a", "--args", "",
     kNoOperand, kNoOperand, false, true, kRemote},
    {"pwsh powershell", {"", "", "-c -C -Command -command"}, "", "-c -C -Command -command", "",
     kNoOperand, kNoOperand, true, false, kVariable},
    {"dc gnuplot emacsclient", {"e", "", "--expression --eval"}, "e", "--expression --eval", "",
     kNoOperand, kNoOperand, false, false, kVariable},
    {"expect matlab", {"c", "", "-batch -r"}, "c", "-batch -r", "", kNoOperand, kNoOperand, false,
     false, kVariable},
    {"gdb lldb", {"o", "", "-ex -iex --ex --eval-command"}, "o", "-ex -iex --ex --eval-command",
     "", kNoOperand, kNoOperand, false, false, kVariable},
    {"vim vi nvim ex view", {"cS", "", "--cmd"}, "c", "--cmd", "", kNoOperand, kNoOperand, false,
     false, kVariable},
    {"mongo mongosh", {"", "", "--eval"}, "", "--eval", "", kNoOperand, kNoOperand, false, false,
     kVariable},
    {"let", {}, "", "", "", 0, kAllOperands, false, false,
     "bash runs $(...) inside numbers: check the item before you count with it"},
    {"unset read mapfile readarray getopts", {"dinNptu", "", ""}, "", "", "", 0, kAllOperands,
     false, false, kName},
    // clang-format on
};

constexpr Wrapper kWrappers[] = {
    // clang-format off
    {"env", {"uCS", "", "--unset --chdir --split-string"}, 0, true, "S", "--split-string"},
    {"sudo", {"ugCDhpRrtTU", "", "--user --group --chdir --host --prompt"}, 0, true, "", ""},
    {"doas", {"uC", "", ""}, 0, false, "", ""},
    {"nice", {"n", "", "--adjustment"}, 0, false, "", ""},
    {"ionice", {"cnpPu", "", "--class --classdata"}, 0, false, "", ""},
    {"nohup setsid command builtin exec busybox toybox unbuffer nocache eatmydata fakeroot { !",
     {"a", "", ""}, 0, false, "", ""},
    {"timeout", {"ks", "", "--kill-after --signal"}, 1, false, "", ""},
    {"time", {"fo", "", "--format --output"}, 0, false, "", ""},
    {"stdbuf", {"ioe", "", "--input --output --error"}, 0, false, "", ""},
    {"chrt", {"TPD", "", ""}, 1, false, "", ""},
    {"taskset", {"", "", ""}, 1, false, "", ""},
    {"numactl", {"CNmipP", "", ""}, 0, false, "", ""},
    {"chroot", {"", "", "--userspec --groups"}, 1, false, "", ""},
    {"unshare nsenter", {"tSGRw", "", "--target --wd --root"}, 0, false, "", ""},
    {"strace ltrace", {"eopsSuabEIOPX", "", ""}, 0, false, "", ""},
    {"xvfb-run", {"efnpsw", "", "--server-num --server-args"}, 0, false, "", ""},
    {"sshpass", {"pfdP", "", ""}, 0, false, "", ""},
    {"proxychains torsocks torify chronic ts tsp setpriv dbus-run-session", {}, 0, false, "", ""},
    {"gosu su-exec", {}, 1, false, "", ""},
    {"prlimit", {"", "", "--pid"}, 0, false, "", ""},
    {"xargs", {"IEndLPsa", "", ""}, 0, false, "", ""},
    {"flock", {"wEc", "", "--timeout --command"}, 1, false, "c", "--command"},
    // clang-format on
};

constexpr std::string_view kLaunchers =
    "docker podman nerdctl kubectl oc singularity apptainer lxc systemd-run systemd-nspawn bwrap "
    "firejail srun mpirun mpiexec prun conda mamba micromamba pipenv poetry uv find fd fdfind "
    "nix distrobox toolbox enroot charliecloud proot qsub bsub valgrind perf rr";

}  // namespace

std::span<const Interpreter> known_interpreters() { return kInterpreters; }
std::span<const Wrapper> known_wrappers() { return kWrappers; }

const Interpreter* find_interpreter(std::string_view name) {
  for (const Interpreter& row : kInterpreters) {
    if (has_word(row.names, name)) return &row;
  }
  return nullptr;
}

const Wrapper* find_wrapper(std::string_view name) {
  for (const Wrapper& row : kWrappers) {
    if (has_word(row.names, name)) return &row;
  }
  return nullptr;
}

bool is_launcher(std::string_view name) { return has_word(kLaunchers, name); }

namespace {

constexpr std::string_view kOperators = "| || |& & && ; ;; < > >> << <<< <> >| >& <& &> &>> 2> 2>>";
constexpr std::string_view kShellWords =
    "cd type source . export alias unalias unset set shift eval local return umask ulimit wait "
    "trap times "
    "hash jobs fg bg declare typeset readonly pushd popd dirs shopt let mapfile readarray read "
    "builtin "
    "command history enable disown suspend logout bind caller compgen complete getopts break "
    "continue "
    "exit exec time if for while until case select function [[ { ( ! :";

/// ls >file: the name of a file, or the number behind >&. `<{}>` and `<=` are none.
bool is_target(std::string_view text) {
  return !text.empty() && text.front() != '=' && std::all_of(text.begin(), text.end(), [](char c) {
    return is_letter_or_digit(c) || static_cast<unsigned char>(c) >= 128 ||
           std::string_view("._/~-+,:@%#{}$").find(c) != std::string_view::npos;
  });
}

/// 2>&1, >/dev/null, 2>>log, &>x, <file, <(sort x), |wc.
bool is_redirection(std::string_view word) {
  if (word.starts_with('|'))
    return word.size() > 1 && is_letter(word[1]) && is_target(word.substr(1));
  if (word.starts_with('&')) {
    word.remove_prefix(1);
    if (!word.starts_with('>')) return false;
  }
  const std::size_t digits = std::min(word.find_first_not_of("0123456789"), word.size());
  word.remove_prefix(digits);
  if (word.empty() || (word[0] != '<' && word[0] != '>')) return false;
  if (word.size() > 1 && word[1] == '(') return word.ends_with(')');
  for (const std::string_view sign : {"<<<", ">>", ">&", "<&", ">|", "<>", "<<", ">", "<"}) {
    if (!word.starts_with(sign)) continue;
    word.remove_prefix(sign.size());
    const bool arrow = word.starts_with('-') && !sign.ends_with('&');  // R's <-
    return word.empty() || (is_target(word) && !arrow);
  }
  return false;
}

/// The `;` that ends find's command.
bool ends_command_of_find(const std::vector<std::string>& words, std::size_t at) {
  return words[at] == ";" &&
         std::any_of(
             words.begin(), words.begin() + static_cast<std::ptrdiff_t>(at),
             [](const std::string& word) { return has_word("-exec -execdir -ok -okdir", word); });
}

bool is_assignment_word(std::string_view word) {
  const std::size_t equals = word.find('=');
  return equals != std::string_view::npos && is_identifier(word.substr(0, equals));
}

}  // namespace

Status check_words(const std::vector<std::string>& words,
                   const std::function<bool(const std::string&)>& on_path) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    const bool shells = has_word(kOperators, words[i]) || is_redirection(words[i]);
    if (!shells || ends_command_of_find(words, i)) continue;
    return fail(
        fmt::format("{} means something to a shell only, and several words are run without one: -c "
                    "gives them to the shell, -q passes it as it is",
                    show_text(words[i])));
  }
  const std::string& first = words.front();
  const bool program = on_path && on_path(first);
  if (is_assignment_word(first) && !program) {
    return fail(fmt::format(
        "{} is no program, and several words are run without a shell: put 'env' in front "
        "of it, or -c, which gives the words to the shell",
        show_text(first)));
  }
  if (has_word(kShellWords, first) && !program) {
    return fail(
        fmt::format("{} is a word of the shell and no program, and several words are run without "
                    "a shell: -c gives them to the shell",
                    show_text(first)));
  }
  return {};
}

bool is_word_of_shells(std::string_view word) { return has_word(kShellWords, word); }

}  // namespace spread
