# The third-party packages as spread_package_<name> (the names of layers.txt), found where the
# system or CMAKE_PREFIX_PATH has them. All that are missing are named in one message.

set(spread_missing "")

# spread_package(NAME TARGETS target... FOUND bool WHAT text): an interface library around what was
# found, or a line for the message.
function(spread_package name)
  cmake_parse_arguments(arg "" "WHAT" "FOUND;TARGETS;DEFINITIONS" ${ARGN})
  add_library(spread_package_${name} INTERFACE)
  if(NOT (${arg_FOUND}))
    list(APPEND spread_missing "  ${arg_WHAT}")
    set(spread_missing ${spread_missing} PARENT_SCOPE)
    return()
  endif()
  target_link_libraries(spread_package_${name} INTERFACE ${arg_TARGETS})
  target_compile_definitions(spread_package_${name} INTERFACE ${arg_DEFINITIONS})
endfunction()

find_package(CLI11 CONFIG QUIET)
spread_package(cli11 FOUND CLI11_FOUND TARGETS CLI11::CLI11 WHAT "CLI11")

# msgpack's own CMake target links Boost; its headers work without it when they are told.
find_path(SPREAD_MSGPACK_INCLUDE msgpack.hpp)
mark_as_advanced(SPREAD_MSGPACK_INCLUDE)
add_library(spread_msgpack_headers INTERFACE)
if(SPREAD_MSGPACK_INCLUDE)
  target_include_directories(spread_msgpack_headers SYSTEM INTERFACE ${SPREAD_MSGPACK_INCLUDE})
endif()
spread_package(msgpack FOUND SPREAD_MSGPACK_INCLUDE TARGETS spread_msgpack_headers
  DEFINITIONS MSGPACK_NO_BOOST WHAT "msgpack-c, the C++ headers (msgpack.hpp)")

# Debian ships fmt as a shared library only, and that would bring back the shared libstdc++ that
# the program does without (see the link options of `spread`).
find_package(fmt CONFIG QUIET)
spread_package(fmt FOUND fmt_FOUND TARGETS fmt::fmt-header-only WHAT "fmt")

find_package(tl-expected CONFIG QUIET)
spread_package(expected FOUND tl-expected_FOUND TARGETS tl::expected WHAT "tl::expected")

find_package(nlohmann_json CONFIG QUIET)
spread_package(json FOUND nlohmann_json_FOUND TARGETS nlohmann_json::nlohmann_json
  WHAT "nlohmann-json")

# The headers alone. Only spread/sweep includes them, and no header of spread.
find_path(SPREAD_BOOST_INCLUDE boost/random/sobol.hpp)
mark_as_advanced(SPREAD_BOOST_INCLUDE)
add_library(spread_boost_headers INTERFACE)
if(SPREAD_BOOST_INCLUDE)
  target_include_directories(spread_boost_headers SYSTEM INTERFACE ${SPREAD_BOOST_INCLUDE})
endif()
spread_package(boost FOUND SPREAD_BOOST_INCLUDE TARGETS spread_boost_headers
  WHAT "Boost, the headers (boost/random/sobol.hpp)")

# SQLite: the static library where there is one. It is only opened when history is wanted, but a
# shared one is loaded and relocated at every start.
find_package(SQLite3 QUIET)
find_library(SPREAD_SQLITE_STATIC libsqlite3.a)
mark_as_advanced(SPREAD_SQLITE_STATIC)
if(SPREAD_SQLITE_STATIC AND SQLite3_FOUND)
  find_package(Threads REQUIRED)
  add_library(spread_sqlite_static STATIC IMPORTED)
  set_target_properties(spread_sqlite_static PROPERTIES
    IMPORTED_LOCATION ${SPREAD_SQLITE_STATIC}
    IMPORTED_LINK_INTERFACE_LANGUAGES C
    INTERFACE_INCLUDE_DIRECTORIES "${SQLite3_INCLUDE_DIRS}")
  target_link_libraries(spread_sqlite_static INTERFACE Threads::Threads ${CMAKE_DL_LIBS} m)
  spread_package(sqlite FOUND TRUE TARGETS spread_sqlite_static WHAT "SQLite")
else()
  spread_package(sqlite FOUND SQLite3_FOUND TARGETS SQLite::SQLite3 WHAT "SQLite 3")
endif()

# PCRE2, for bytes; the static library where there is one, for the same reason.
find_path(SPREAD_PCRE2_INCLUDE pcre2.h)
find_library(SPREAD_PCRE2_LIBRARY NAMES libpcre2-8.a pcre2-8)
mark_as_advanced(SPREAD_PCRE2_INCLUDE SPREAD_PCRE2_LIBRARY)
if(SPREAD_PCRE2_INCLUDE AND SPREAD_PCRE2_LIBRARY)
  add_library(spread_pcre2 UNKNOWN IMPORTED)
  set_target_properties(spread_pcre2 PROPERTIES
    IMPORTED_LOCATION ${SPREAD_PCRE2_LIBRARY}
    IMPORTED_LINK_INTERFACE_LANGUAGES C
    INTERFACE_INCLUDE_DIRECTORIES "${SPREAD_PCRE2_INCLUDE}")
endif()
spread_package(pcre2 FOUND TARGET spread_pcre2 TARGETS spread_pcre2 WHAT "PCRE2 (8 bit)")

# xxHash: a header. zstd: the static library where there is one, as of SQLite.
find_path(SPREAD_XXHASH_INCLUDE xxhash.h)
mark_as_advanced(SPREAD_XXHASH_INCLUDE)
add_library(spread_xxhash_header INTERFACE)
if(SPREAD_XXHASH_INCLUDE)
  target_include_directories(spread_xxhash_header SYSTEM INTERFACE ${SPREAD_XXHASH_INCLUDE})
endif()
spread_package(xxhash FOUND SPREAD_XXHASH_INCLUDE TARGETS spread_xxhash_header
  WHAT "xxHash, the header (xxhash.h)")

find_path(SPREAD_ZSTD_INCLUDE zstd.h)
find_library(SPREAD_ZSTD_LIBRARY NAMES libzstd.a zstd)
mark_as_advanced(SPREAD_ZSTD_INCLUDE SPREAD_ZSTD_LIBRARY)
if(SPREAD_ZSTD_INCLUDE AND SPREAD_ZSTD_LIBRARY)
  add_library(spread_zstd UNKNOWN IMPORTED)
  set_target_properties(spread_zstd PROPERTIES
    IMPORTED_LOCATION ${SPREAD_ZSTD_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES "${SPREAD_ZSTD_INCLUDE}")
endif()
spread_package(zstd FOUND TARGET spread_zstd TARGETS spread_zstd WHAT "zstd")

if(SPREAD_TESTS)
  find_package(GTest CONFIG QUIET)
  spread_package(gtest FOUND GTest_FOUND AND TARGET GTest::gmock
    TARGETS GTest::gmock GTest::gtest_main
    WHAT "GoogleTest (or -DSPREAD_TESTS=OFF)")
endif()
# Benchmarks are for those who work on the project: absent is no error.
find_package(benchmark CONFIG QUIET)

if(spread_missing)
  list(JOIN spread_missing "\n" spread_missing)
  message(FATAL_ERROR "not found:\n${spread_missing}\n"
    "scripts/deps installs them on Debian and Ubuntu; elsewhere name their prefixes in "
    "CMAKE_PREFIX_PATH.")
endif()
