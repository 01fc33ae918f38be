# The guard program (spread/guard) and the library around it: it is no part of the C++ program but a few
# KB of data in it, compiled without a C library. Whatever flags this build or its user has for all
# else are taken back here: nothing of a sanitizer, of -flto or of a hardened start-up would link.

set(spread_guard_folder ${PROJECT_SOURCE_DIR}/spread/guard)
set(spread_guard_bytes_max 32768)

add_executable(spread_guard_program
  ${spread_guard_folder}/guard_main.cc ${spread_guard_folder}/system_call.cc)
target_include_directories(spread_guard_program PRIVATE ${PROJECT_SOURCE_DIR})
target_link_libraries(spread_guard_program PRIVATE spread_warnings)
set_target_properties(spread_guard_program PROPERTIES
  POSITION_INDEPENDENT_CODE OFF
  INTERPROCEDURAL_OPTIMIZATION OFF
  RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/guard)
target_compile_options(spread_guard_program PRIVATE
  -Os -g0 -ffreestanding -fno-exceptions -fno-rtti -fno-asynchronous-unwind-tables
  -fno-stack-protector -U_FORTIFY_SOURCE -fno-lto -fno-sanitize=all -fno-pie
  -fno-profile-arcs -fno-test-coverage -ffunction-sections)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # It says so of -no-pie, which g++ needs where the user's flags have -pie.
  target_link_options(spread_guard_program PRIVATE -Wno-unused-command-line-argument)
endif()
if(SPREAD_HAS_CF_PROTECTION)
  target_compile_options(spread_guard_program PRIVATE -fcf-protection=none)
endif()
target_link_options(spread_guard_program PRIVATE
  -nostdlib -static -no-pie -fno-lto -fno-sanitize=all -s
  -Wl,--gc-sections -Wl,--build-id=none -Wl,-z,noseparate-code)

set(spread_guard_source ${PROJECT_BINARY_DIR}/guard/guard_program.cc)
add_custom_command(OUTPUT ${spread_guard_source}
  COMMAND ${CMAKE_COMMAND} -D PROGRAM=$<TARGET_FILE:spread_guard_program>
    -D SOURCE=${spread_guard_source} -D BYTES_MAX=${spread_guard_bytes_max}
    -P ${PROJECT_SOURCE_DIR}/cmake/embed_guard.cmake
  DEPENDS spread_guard_program ${PROJECT_SOURCE_DIR}/cmake/embed_guard.cmake
  VERBATIM)
add_library(spread_guard STATIC ${spread_guard_source})
target_include_directories(spread_guard PUBLIC ${PROJECT_SOURCE_DIR})
set_target_properties(spread_guard PROPERTIES POSITION_INDEPENDENT_CODE ON CXX_VISIBILITY_PRESET hidden)
target_link_libraries(spread_guard PUBLIC spread_api PRIVATE spread_flags spread_lto_compile)
