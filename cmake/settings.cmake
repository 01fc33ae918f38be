# How the targets of spread are compiled and linked: the interface library spread_flags.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

get_property(multi_config GLOBAL PROPERTY GENERATOR_IS_MULTI_CONFIG)
if(NOT CMAKE_BUILD_TYPE AND NOT multi_config)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Debug, Release, RelWithDebInfo, ..." FORCE)
endif()

# -O2 and not -O3: the hot loop is bound by system calls and branches, and the binary is mapped
# anew by every short run. -g1: function names and lines for a stranger's backtrace and for
# callgrind, without the variables.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1 -DNDEBUG")
# -O1 and not -O0: twice as fast to run, still easy to step through, and the flow-based warnings
# need it.
set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g")

if(NOT CMAKE_CXX_COMPILER_LAUNCHER)
  find_program(SPREAD_CCACHE ccache)
  mark_as_advanced(SPREAD_CCACHE)
  if(SPREAD_CCACHE)
    set(CMAKE_CXX_COMPILER_LAUNCHER ${SPREAD_CCACHE})
  endif()
endif()

set(SPREAD_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize= takes them: address,undefined")
if(SPREAD_SANITIZE)
  # A report wants lines; variables would be a third of the compiler's time.
  set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1")
endif()
option(SPREAD_LTO "Link the program with link-time optimisation (Release, g++)" ON)

# The hot loop crosses folders (run, core, wire, results), and so libraries. The objects are fat
# because only the program is worth a slow link: the tests link the same libraries without it.
# clang 14 has no fat objects.
set(spread_lto OFF)
if(SPREAD_LTO AND CMAKE_BUILD_TYPE STREQUAL "Release" AND NOT SPREAD_SANITIZE
    AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  set(spread_lto ON)
  # Plain ar cannot index the symbols of such objects everywhere.
  set(CMAKE_AR ${CMAKE_CXX_COMPILER_AR})
  set(CMAKE_RANLIB ${CMAKE_CXX_COMPILER_RANLIB})
endif()
add_library(spread_lto_compile INTERFACE)
if(spread_lto)
  target_compile_options(spread_lto_compile INTERFACE -flto=auto -ffat-lto-objects)
endif()

add_library(spread_flags INTERFACE)
target_link_libraries(spread_flags INTERFACE spread_warnings)
# An assertion names the file, not the folder in which it was built.
target_compile_options(spread_flags INTERFACE -ffunction-sections -fdata-sections
  -fmacro-prefix-map=${PROJECT_SOURCE_DIR}/=)
target_link_options(spread_flags INTERFACE -Wl,--gc-sections)
# What is shipped binds all symbols at its start, 0.15 million instructions, and cannot be made to call
# others later: tests/unit/base/hardening_test.py.
target_link_options(spread_flags INTERFACE
  $<$<CONFIG:Release,RelWithDebInfo,MinSizeRel>:-Wl,-z,relro,-z,now>)
# What Debian gives its packages: a stack that was overrun ends the program, as does a call of the C
# library that would overrun a buffer of known size; indirect jumps land only where they may. The
# price, by bench/counts: 3 % of the instructions of a task at window 64, 9 % at window 1, 4 % of a job's.
include(CheckCXXCompilerFlag)
check_cxx_compiler_flag(-fcf-protection SPREAD_HAS_CF_PROTECTION)  # x86 alone
set(spread_shipped $<CONFIG:Release,RelWithDebInfo,MinSizeRel>)
target_compile_options(spread_flags INTERFACE
  $<${spread_shipped}:-fstack-protector-strong;-U_FORTIFY_SOURCE;-D_FORTIFY_SOURCE=2>)
if(SPREAD_HAS_CF_PROTECTION)
  target_compile_options(spread_flags INTERFACE $<${spread_shipped}:-fcf-protection>)
endif()
target_compile_definitions(spread_flags INTERFACE $<$<CONFIG:Debug>:_GLIBCXX_ASSERTIONS>)
if(SPREAD_SANITIZE)
  target_compile_options(spread_flags INTERFACE
    -fsanitize=${SPREAD_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  # A fifth of the compiler's time: null pointers and wrong objects are told by the address
  # sanitizer, too, when they are used.
  if(SPREAD_SANITIZE MATCHES "address.*undefined|undefined.*address")
    target_compile_options(spread_flags INTERFACE -fno-sanitize=null,vptr,object-size)
  endif()
  target_link_options(spread_flags INTERFACE -fsanitize=${SPREAD_SANITIZE})
endif()

# Left to itself g++ links fat objects the slow way, and -flto does not undo an earlier -fno-lto:
# so exactly one of the two. For targets that are to be like the program: spread_link_lto(target).
if(spread_lto)
  target_link_options(spread_flags INTERFACE
    $<IF:$<BOOL:$<TARGET_PROPERTY:SPREAD_LTO>>,-flto=auto,-fno-lto>)
endif()
function(spread_link_lto target)
  set_target_properties(${target} PROPERTIES SPREAD_LTO ${spread_lto})
  target_link_libraries(${target} PRIVATE spread_lto_compile)
endfunction()

# Most of the compiler's time goes into the same headers again and again: twelve files at once take a
# fifth of the time of twelve files one by one. The price: names in unnamed namespaces are unique
# within a folder, and one changed file compiles its neighbours again; OFF for long work on few files.
option(SPREAD_UNITY "Compile the files of a folder together" ON)
function(spread_unite target)
  if(SPREAD_UNITY)
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 12)
  endif()
endfunction()
