# The man page and bash completion, written by the program itself, so that they cannot lag behind
# its options: share/man/man1/spread.1 and share/bash-completion/completions/spread below the build
# folder. Needs the target `spread`.

if(CMAKE_CROSSCOMPILING)
  # The program does not run here. Whoever packages it can run it there.
  return()
endif()

set(manual_page ${PROJECT_BINARY_DIR}/share/man/man1/spread.1)
set(bash_completion ${PROJECT_BINARY_DIR}/share/bash-completion/completions/spread)
file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/share/man/man1
  ${PROJECT_BINARY_DIR}/share/bash-completion/completions)

# Written under another name first: a program that fails must not leave an empty file behind.
foreach(pair IN ITEMS "--man|${manual_page}" "--completion bash|${bash_completion}")
  string(REPLACE "|" ";" pair "${pair}")
  list(GET pair 0 option)
  list(GET pair 1 file)
  separate_arguments(option)
  add_custom_command(OUTPUT ${file}
    COMMAND spread ${option} > ${file}.new
    COMMAND ${CMAKE_COMMAND} -E rename ${file}.new ${file}
    DEPENDS spread
    VERBATIM)
endforeach()
add_custom_target(manual ALL DEPENDS ${manual_page} ${bash_completion})

include(GNUInstallDirs)
install(FILES ${manual_page} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${bash_completion} DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
