# cmake -D PROGRAM=... -D SOURCE=... -D BYTES_MAX=... -P embed_guard.cmake: writes the C++ source SOURCE
# with the bytes of PROGRAM, which must not be too many.

file(SIZE ${PROGRAM} bytes)
if(bytes GREATER BYTES_MAX)
  message(FATAL_ERROR "${PROGRAM} has ${bytes} bytes; every run of spread writes and executes it, so at "
    "most ${BYTES_MAX} are allowed")
endif()
file(READ ${PROGRAM} text HEX)
string(REGEX REPLACE "(..)" "0x\\1," text "${text}")
string(REGEX REPLACE "(................................................................................)"
  "\\1\n" text "${text}")
file(WRITE ${SOURCE} "#include \"spread/guard/guard_program.h\"

namespace spread {
namespace {

constexpr Byte kProgram[] = {
${text}
};

}  // namespace

ByteView guard_program() { return kProgram; }

}  // namespace spread
")
