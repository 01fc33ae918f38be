"""What the README promises to strangers: one g++ line, and find_package(spread)."""

import os
import pathlib
import re
import struct
import subprocess
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ["SPREAD_SOURCE"])
BUILD = pathlib.Path(os.environ["SPREAD_BUILD"])
SDK = SOURCE / "worker_sdk" / "cpp"


def frame(body: bytes) -> bytes:
    return b"\xc6" + struct.pack(">I", len(body)) + body


def run(*args: object, **options: object) -> subprocess.CompletedProcess:
    result = subprocess.run([str(a) for a in args], capture_output=True, check=False, **options)
    if result.returncode != 0:
        raise AssertionError(f"{args}: {result.stdout.decode()}{result.stderr.decode()}")
    return result


def answers(worker: pathlib.Path, task: bytes) -> bytes:
    """What a worker answers to one task, without its hello and ready."""
    output = run(worker, input=frame(task)).stdout
    hello = 5 + struct.unpack(">I", output[1:5])[0] + 1
    ready = frame(b"\x92\xc0\xa5ready") + b"\n"
    assert output[hello:].startswith(ready), output
    return output[hello + len(ready):]


class Readme(unittest.TestCase):
    def test_first_worker_compiles_with_the_line_below_it(self) -> None:
        blocks = re.findall(r"```(\w+)\n(.*?)```", (SDK / "README.md").read_text(), re.DOTALL)
        self.assertEqual([language for language, _ in blocks[:2]], ["cpp", "sh"])
        program, commands = blocks[0][1], blocks[1][1]
        self.assertLessEqual(len(program.splitlines()), 10)
        compile_line = commands.splitlines()[0]
        self.assertTrue(compile_line.startswith("g++ "))
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            (folder / "square.cc").write_text(program)
            (folder / "worker_sdk").symlink_to(SOURCE / "worker_sdk")
            run("sh", "-c", compile_line, cwd=folder)
            answer = answers(folder / "square", b"\x92\x07\xa13")  # [7, "3"]
        nine = b"\xcb" + struct.pack(">d", 9)
        self.assertEqual(answer, frame(b"\x93\x07\xa2ok" + nine) + b"\n")


class Mistakes(unittest.TestCase):
    """What a compiler says of the usual ones: one line, in words, and no other error."""

    PROGRAM = """
#include <spread/worker.hpp>
struct P { int a; };
struct Q { int a; MSGPACK_DEFINE(a) };
struct Model { int n = 1; };
#ifdef WRONG
int payload() { return spread::worker([](P p) { return p.a; }); }
int result() { return spread::worker([](int x) { return std::vector<P>{{x}}; }); }
int order() {
  return spread::worker([](double x, Model& m) { return x * m.n; },
                        spread::prep([] { return Model{}; }));
}
#else
namespace msgpack::adaptor {
template <>
struct pack<P> {
  template <class S>
  packer<S>& operator()(packer<S>& o, const P& p) const { return o.pack(p.a); }
};
}
template <> inline constexpr bool spread::has_adaptor<P> = true;
int adapted() { return spread::worker([](int x) { return P{x}; }); }
int described() {
  return spread::worker([](Model& m, const Q& q) { return std::vector<Q>{q, {m.n}}; },
                        spread::prep([] { return Model{}; }));
}
#endif
"""

    VIEWS = """
#include <set>
#include <spread/gang.hpp>
#include <spread/subtasks.hpp>
using Views = std::vector<std::string_view>;
#ifdef WRONG
void object() { spread::broadcast(msgpack::object()); }
void set() { spread::allgather(std::set<std::string_view>()); }
void objects() { spread::scatter(std::vector<std::vector<msgpack::object>>()); }
void bytes() { spread::exchange("x", std::set<std::span<const std::byte>>()); }
void plain() { spread::reduce(msgpack::type::raw_ref()); }
void own() { spread::local_results(1, spread::raw()); }
void view() { spread::get<std::string_view>("x"); }
void pair() { spread::get<std::pair<int, std::string_view>>("x"); }
void literal() { spread::get<std::array<const char*, 2>>("x"); }
void views() { spread::fetch<std::optional<Views>>({1}); }
void tuple() { spread::map<std::tuple<std::string_view>>(Views{"x"}); }
#else
void put() { spread::put("x", std::set<std::string_view>()), spread::put("x", spread::raw()); }
void gathered() { spread::allgather(std::vector<std::vector<std::array<double, 3>>>()); }
void common() { spread::submit(Views{"x"}, std::pair<int, std::string_view>()); }
int worker() {
  return spread::worker([](Views views) { return views; }, [](std::string_view s, Views views) {
    return std::pair(s, spread::common<Views>().value_or(views));
  });
}
#endif
"""

    def errors(self, *options: str, program: str = PROGRAM) -> list:
        done = subprocess.run(
            ["g++", *options, "-fsyntax-only", "-x", "c++", f"-I{SDK / 'include'}", "-"],
            input=program, capture_output=True, text=True, check=False)
        found = [line for line in done.stderr.splitlines() if "error: " in line]
        return [line.split("static assertion failed: ")[-1] for line in found]

    def test_are_told_in_one_line_each(self) -> None:
        described = "describe this struct with MSGPACK_DEFINE(its members) inside it"
        order = "what prep returns is the handler's first parameter, the payload its last"
        errors = self.errors("-std=c++20", "-DWRONG")
        self.assertEqual(sorted(errors), [described, described, order])

    def test_what_is_right_compiles(self) -> None:
        self.assertEqual(self.errors("-std=c++20"), [])

    def test_what_would_refer_to_a_reply_is_refused(self) -> None:
        owning = ("what comes back must own what it holds: std::string, not std::string_view or "
                  "const char*; std::vector, not std::span; no spread::raw, no msgpack::object")
        errors = self.errors("-std=c++20", "-DWRONG", program=self.VIEWS)
        self.assertEqual(errors, [owning] * 11)

    def test_views_may_be_given_and_handled(self) -> None:
        self.assertEqual(self.errors("-std=c++20", program=self.VIEWS), [])

    def test_older_standard(self) -> None:
        errors = self.errors("-std=c++17")
        self.assertIn("needs C++20", errors[0])
        # The rest is of the program, which has no SDK then.
        self.assertFalse([error for error in errors[1:] if "include/spread/" in error], errors)


class Package(unittest.TestCase):
    def test_another_project_finds_the_installed_sdk(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            prefix, build = folder / "prefix", folder / "build"
            run("cmake", "--install", BUILD, "--component", "worker_sdk", "--prefix", prefix)
            run("cmake", "-S", SOURCE / "tests/support/sdk_consumer", "-B", build,
                f"-DCMAKE_PREFIX_PATH={prefix}", "-DCMAKE_FIND_USE_PACKAGE_REGISTRY=OFF")
            run("cmake", "--build", build)
            answer = answers(build / "consumer", b"\x92\x07\xa2hi")  # [7, "hi"]
        self.assertEqual(answer, frame(b"\x93\x07\xa2ok\xa3hi!") + b"\n")


if __name__ == "__main__":
    unittest.main()
