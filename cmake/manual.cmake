# The man pages and completions, written by the program itself, so that they cannot lag behind its
# options, below the build folder's share/ where an installation has them: man/man1/spread*.1,
# bash-completion/completions/spread, zsh/site-functions/_spread,
# fish/vendor_completions.d/spread.fish. Needs the target `spread`.

if(CMAKE_CROSSCOMPILING)
  # The program does not run here. The packager can run it there.
  return()
endif()

set(manual_folder ${PROJECT_BINARY_DIR}/share/man/man1)
file(MAKE_DIRECTORY ${manual_folder})

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
foreach(subcommand IN ITEMS run gang oneshot check relay pool map pipe xargs all sweep results journal hosts history
    status retrieve attach stop clean)
  set(page ${manual_folder}/spread-${subcommand}.1)
  spread_write_text(${page} --man ${subcommand})
  list(APPEND manual_pages ${page})
endforeach()

include(GNUInstallDirs)
install(FILES ${manual_pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
set(completions "")
function(spread_write_completion shell folder name)
  file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/share/${folder})
  set(file ${PROJECT_BINARY_DIR}/share/${folder}/${name})
  spread_write_text(${file} --completion ${shell})
  install(FILES ${file} DESTINATION ${CMAKE_INSTALL_DATADIR}/${folder})
  set(completions ${completions} ${file} PARENT_SCOPE)
endfunction()
spread_write_completion(bash bash-completion/completions spread)
spread_write_completion(zsh zsh/site-functions _spread)
spread_write_completion(fish fish/vendor_completions.d spread.fish)
add_custom_target(manual ALL DEPENDS ${manual_pages} ${completions})
