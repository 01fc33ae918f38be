# The warnings that spread's code is clean under, each for a reason. Third-party headers are SYSTEM
# includes and do not count. SPREAD_WERROR (ON in CI) makes them errors; it is OFF by default so
# that a newer compiler's new warning never stops a user's build.

option(SPREAD_WERROR "Treat warnings as errors" OFF)

add_library(spread_warnings INTERFACE)
target_compile_options(spread_warnings INTERFACE
  -Wall -Wextra             # the common ground of g++ and clang
  -Wpedantic                # ISO C++ only: the same code must build with both compilers
  -Wshadow                  # an inner `id` that hides the outer one has lost tasks before
  -Wconversion              # lengths cross from 64 bits to 32 (frame headers) and to int (read)
  -Wold-style-cast          # a C cast hides which of four conversions is meant
  -Wnon-virtual-dtor        # interfaces are deleted through unique_ptr<Interface>
  -Wimplicit-fallthrough    # state machines: a missing break is a wrong transition
)
if(SPREAD_WERROR)
  target_compile_options(spread_warnings INTERFACE -Werror)
endif()
