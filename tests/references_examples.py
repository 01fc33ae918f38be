"""A small tree for the check of references.py itself: what it has to report, and what not."""

TABLE = """
name the library: their_name
option tar: --to-command
plain : docs/plain.md tests/unit/core/ spread/gone/
name nothing: not_needed
"""

# path -> (text, the lines that must be reported, once for each rotten name in them)
TREE = {
    "spread/core/clock.h": (
        "// The folder's main header: core/clock, core/clock.h, clock.h, spread/core/, core/c*.\n"
        "/// `later`, `now_`; Clock::set_time, set_time(), set_*, kZero are here, their_name not.\n"
        "struct Clock {\n"
        "  void set_time(int later);  ///< docs/page.md, section 2; docs/page.md, \"The second\n"
        "                             ///< part\"; decision 1, tests/unit/core/clock_test\n"
        "  int now_ = kZero;          // poll_it(2), std::no_such_thing, v1.2/x, and/or\n"
        "};\n"
        "const char* text = \"// no_comment in core/a_string.h\";  /* --jobs */\n",
        [],
    ),
    "spread/core/rotten.cc": (
        "// core/gone.h and core/gone\n"
        "// gone.h\n"
        "/// `earlier` of old_name() and OldName, kOld, Clock::size\n"
        "int size;  // docs/page.md, section 3\n"
        "/* docs/page.md,\n"
        "   \"The third part\" */\n"
        "// decision 2; --no-such-option\n"
        "// docs/gone.md, section 1\n",
        [1, 1, 2, 3, 3, 3, 3, 3, 4, 5, 7, 7, 8, 8],
    ),
    "spread/options/options.h": ('const char* rows[] = {"-j,--jobs", "--say --no such"};\n', []),
    "tests/unit/core/clock_test.py": (
        '"""Of clock.h, by "old_function()".\n"""\n'
        "p.add_argument('--rounds')\n"
        'p.add_argument("--times")\n'
        'x = "# old_comment"  # --times --jobs\n'
        'class Old:\n    """They are ours."""  # --rounds\n',
        [1, 7, 7],
    ),
    "scripts/build": ("#!/bin/sh\n# --to-command, core/gone.cc\nx=${y#core/gone}\n", [2]),
    "docs/page.md": (
        "# A page\n"
        "[one](#the-second-part-and-so-on) [two](#gone) [three](gone.md) [four](plain.md)\n"
        "## 2. The second part\n`core/clock` `core/gone` --jobs --gone set_time old_name\n"
        "```\n## 3. The third part\n```\n## The `second` part, and so on\n"
        "[five](plain.md#plain) [six](plain.md#gone) [seven](https://example.org/gone#gone)\n"
        "section 2, section 3, docs/gone.md, `core/`, `gone/`\n",
        [2, 2, 4, 4, 4, 9, 10, 10, 10],
    ),
    "docs/plain.md": (
        '# Plain\nThe US and "we" and `us`, "all of\nus".\nIt takes 4 us. Tell us who. Nobody\'s.\n',
        [4, 4],
    ),
    "docs/decisions/0001-old.md": (
        "# Old\nAccepted. Code: `core/clock.h`,\n`core/gone.h`.\n\n"
        "core/gone.h --gone old_name [gone](gone.md)\n",
        [3, 5],
    ),
    "CHANGELOG.md": ("core/gone.h --gone old_name [gone](gone.md)\n", []),
}


def texts():
    return {path: text for path, (text, _) in TREE.items()}


def expected():
    places = [f"{path}:{line}" for path, (_, lines) in TREE.items() for line in lines]
    return [*places, "tests/references.txt:4", "tests/references.txt:5"]
