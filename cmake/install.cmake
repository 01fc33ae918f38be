# What cmake --install puts beside the program, its pages and the C++ SDK (cmake/program.cmake,
# cmake/manual.cmake, worker_sdk/cpp), the target `uninstall`, and the Debian package of cpack.

include(GNUInstallDirs)

# Below /usr Debian's Python looks here by itself; elsewhere PYTHONPATH names it.
install(DIRECTORY ${PROJECT_SOURCE_DIR}/worker_sdk/python/spread_worker
  DESTINATION lib/python3/dist-packages COMPONENT worker_sdk PATTERN __pycache__ EXCLUDE)
install(FILES
  ${PROJECT_SOURCE_DIR}/worker_sdk/sh/spread-worker.sh
  ${PROJECT_SOURCE_DIR}/worker_sdk/sh/spread-gang.sh
  ${PROJECT_SOURCE_DIR}/worker_sdk/sh/spread-subtasks.sh
  ${PROJECT_SOURCE_DIR}/worker_sdk/sh/spread-shards.sh
  DESTINATION ${CMAKE_INSTALL_DATADIR}/spread COMPONENT worker_sdk)

# As in the source tree, so that the links between the documents hold.
set(documents ${CMAKE_INSTALL_DATADIR}/doc/spread)
install(FILES
  ${PROJECT_SOURCE_DIR}/README.md ${PROJECT_SOURCE_DIR}/CHANGELOG.md ${PROJECT_SOURCE_DIR}/LICENSE
  ${PROJECT_SOURCE_DIR}/CONTRIBUTING.md
  DESTINATION ${documents})
# Debian's name for it.
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${documents} RENAME copyright)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/docs ${PROJECT_SOURCE_DIR}/examples
  DESTINATION ${documents} PATTERN __pycache__ EXCLUDE)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/worker_sdk DESTINATION ${documents}
  FILES_MATCHING PATTERN README.md PATTERN include EXCLUDE PATTERN spread_worker EXCLUDE
  PATTERN __pycache__ EXCLUDE)

add_custom_target(uninstall
  COMMAND ${CMAKE_COMMAND} -D BUILD=${PROJECT_BINARY_DIR} -P ${CMAKE_CURRENT_LIST_DIR}/uninstall.cmake
  VERBATIM)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME spread)
set(CPACK_PACKAGE_CONTACT "the spread developers")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION utils)
# Everything but the C library is linked in. The package asks for the version of the machine
# that builds; older ones might do, but are not tested.
execute_process(COMMAND getconf GNU_LIBC_VERSION
  OUTPUT_VARIABLE libc OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
if(libc MATCHES "glibc ([0-9.]+)")
  set(CPACK_DEBIAN_PACKAGE_DEPENDS "libc6 (>= ${CMAKE_MATCH_1})")
endif()
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS openssh-client)
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "python3, python3-msgpack, libmsgpack-cxx-dev")
include(CPack)
