# The man pages and bash completion, written by the program itself, so that they cannot lag behind
# its options: share/man/man1/spread*.1 and share/bash-completion/completions/spread below the build
# folder. Needs the target `spread`.

if(CMAKE_CROSSCOMPILING)
  # The program does not run here. Whoever packages it can run it there.
  return()
endif()

set(manual_folder ${PROJECT_BINARY_DIR}/share/man/man1)
set(bash_completion ${PROJECT_BINARY_DIR}/share/bash-completion/completions/spread)
file(MAKE_DIRECTORY ${manual_folder} ${PROJECT_BINARY_DIR}/share/bash-completion/completions)

# Written under another name first: a program that fails must not leave an empty file behind.
function(spread_write_text file)
  add_custom_command(OUTPUT ${file}
    COMMAND spread ${ARGN} > ${file}.new
    COMMAND ${CMAKE_COMMAND} -E rename ${file}.new ${file}
    DEPENDS spread
    VERBATIM)
endfunction()

set(manual_pages ${manual_folder}/spread.1)
spread_write_text(${manual_folder}/spread.1 --man)
# A test holds this list against the program's own.
foreach(subcommand IN ITEMS run map pipe all hosts history)
  set(page ${manual_folder}/spread-${subcommand}.1)
  spread_write_text(${page} --man ${subcommand})
  list(APPEND manual_pages ${page})
endforeach()
spread_write_text(${bash_completion} --completion bash)
add_custom_target(manual ALL DEPENDS ${manual_pages} ${bash_completion})

include(GNUInstallDirs)
install(FILES ${manual_pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${bash_completion} DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
