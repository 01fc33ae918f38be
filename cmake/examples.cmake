# Example workers: examples/<folder>/<name>.cc becomes <build folder>/examples/<name>. They are
# compiled as a user's would be: with the SDK, in examples/library with libspread, too, and nothing else of
# this project.

if(NOT TARGET spread::worker)
  return()
endif()
file(GLOB examples CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/examples/*/*.cc)
foreach(source IN LISTS examples)
  get_filename_component(name ${source} NAME_WE)
  add_executable(example_${name} ${source})
  set_target_properties(example_${name} PROPERTIES
    OUTPUT_NAME ${name}
    RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/examples)
  target_link_libraries(example_${name} PRIVATE spread::worker spread_flags)
  if(source MATCHES "/library/" AND TARGET spread::pool)
    target_link_libraries(example_${name} PRIVATE spread::pool)
  endif()
endforeach()
