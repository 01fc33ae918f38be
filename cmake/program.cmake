# The program itself: <build folder>/spread.

file(GLOB spread_main CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/spread/main.cc)
if(NOT spread_main)
  return()
endif()
add_executable(spread ${spread_main})
list(TRANSFORM spread_layer_main PREPEND spread_ OUTPUT_VARIABLE below)
list(TRANSFORM spread_packages_main PREPEND spread_package_ OUTPUT_VARIABLE packages)
target_link_libraries(spread PRIVATE spread_flags ${below} ${packages})
spread_link_lto(spread)
set_target_properties(spread PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})

# Loading and relocating the shared libstdc++ costs more than a whole trivial run. The sanitizers
# bring run-time libraries that want the shared one.
if(NOT SPREAD_SANITIZE)
  target_link_options(spread PRIVATE -static-libstdc++ -static-libgcc)
endif()

include(GNUInstallDirs)
# What is shipped is installed stripped: 4.6 MB instead of 17.
install(CODE [[
  if(CMAKE_INSTALL_CONFIG_NAME MATCHES "^([Rr]elease|[Mm]in[Ss]ize[Rr]el)$")
    set(CMAKE_INSTALL_DO_STRIP TRUE)
  endif()]])
install(TARGETS spread RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
include(manual)
