# What `cmake --install` installs: the program, its short name, its manual pages, completions of
# shells, SBOM and systemd units, the author's headers, and the packages
# `ofn` of CMake and pkg-config with which other projects build functions (tests/install_consumer is such a project). Include it last,
# when all targets exist.
#
#   find_package(ofn REQUIRED)
#   add_library(hello MODULE hello.cc)
#   target_link_libraries(hello PRIVATE ofn::function)
#   add_executable(server main.cc)
#   target_link_libraries(server PRIVATE ofn::framework)
#   ofn_add_function_test(hello_test SOURCES hello.cc hello_test.cc)
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/ofn)

# This check comes first, so that an incomplete build installs nothing.
set(built "$<TARGET_FILE:ofn_framework>")
if(TARGET functions-framework)
  list(APPEND built "$<TARGET_FILE:functions-framework>")
endif()
file(GENERATE OUTPUT ${PROJECT_BINARY_DIR}/ofn-check-built.cmake CONTENT "foreach(file ${built})
  if(NOT EXISTS \"\${file}\")
    message(FATAL_ERROR \"\${file} is not built yet; build it first:
  cmake --build ${PROJECT_BINARY_DIR} --target functions-framework ofn_framework\")
  endif()
endforeach()
")
install(SCRIPT ${PROJECT_BINARY_DIR}/ofn-check-built.cmake)

set_target_properties(ofn_function_headers PROPERTIES EXPORT_NAME function)
install(TARGETS ofn_function_headers EXPORT ofn-targets)
set_target_properties(ofn_framework PROPERTIES EXPORT_NAME framework)
install(TARGETS ofn_framework EXPORT ofn-targets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
set_target_properties(ofn_testing_kit PROPERTIES EXPORT_NAME testing)
install(TARGETS ofn_testing_kit EXPORT ofn-targets)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/ofn DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
        FILES_MATCHING PATTERN "*.h")

if(TARGET functions-framework)
  install(TARGETS functions-framework EXPORT ofn-targets RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  # The link is relative, so that the tree can be moved. It is made at install time, so that it obeys --prefix and DESTDIR.
  install(CODE "
    set(ff \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}/ff\")
    message(STATUS \"Installing: \${ff}\")
    file(CREATE_LINK functions-framework \"\${ff}\" SYMBOLIC)")
  # The manual pages and completions that apps/ has written.
  install(DIRECTORY ${PROJECT_BINARY_DIR}/share/man/ DESTINATION ${CMAKE_INSTALL_MANDIR} OPTIONAL)
  install(DIRECTORY ${PROJECT_BINARY_DIR}/share/doc DESTINATION ${CMAKE_INSTALL_DATADIR} OPTIONAL)
  install(DIRECTORY ${PROJECT_BINARY_DIR}/share/bash-completion ${PROJECT_BINARY_DIR}/share/zsh ${PROJECT_BINARY_DIR}/share/fish
          DESTINATION ${CMAKE_INSTALL_DATADIR} OPTIONAL)
endif()

install(EXPORT ofn-targets NAMESPACE ofn:: DESTINATION ${package_dir})
# The build directory has the same package: -Dofn_DIR=build.
export(EXPORT ofn-targets NAMESPACE ofn:: FILE ${PROJECT_BINARY_DIR}/ofn-targets.cmake)
configure_package_config_file(
  ${PROJECT_SOURCE_DIR}/cmake/ofn-config.cmake.in ${PROJECT_BINARY_DIR}/ofn-config.cmake
  INSTALL_DESTINATION ${package_dir})
# Before 1.0 a minor version may be incompatible with the one before.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/ofn-config-version.cmake
  COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES ${PROJECT_BINARY_DIR}/ofn-config.cmake ${PROJECT_BINARY_DIR}/ofn-config-version.cmake
        ${PROJECT_SOURCE_DIR}/cmake/OfnFunctionTest.cmake DESTINATION ${package_dir})
configure_file(${PROJECT_SOURCE_DIR}/cmake/OfnFunctionTest.cmake ${PROJECT_BINARY_DIR}/OfnFunctionTest.cmake COPYONLY)

# The paths in ofn.pc are relative to its own place, as in the CMake package. The archives are those that ofn::framework names.
file(RELATIVE_PATH to_prefix /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
string(REGEX REPLACE "/$" "" to_prefix "${to_prefix}")
get_target_property(needed ofn_framework INTERFACE_LINK_LIBRARIES)
set(libraries "")
foreach(library ${needed})
  if(library MATCHES "^\\$<INSTALL_INTERFACE:(.*)>$")
    string(APPEND libraries " ${CMAKE_MATCH_1}")
  elseif(NOT TARGET ${library} AND NOT library MATCHES "^(\\$|::@)")
    string(APPEND libraries " -l${library}")
  endif()
endforeach()
string(STRIP "${libraries}" libraries)
configure_file(${PROJECT_SOURCE_DIR}/cmake/ofn.pc.in ${PROJECT_BINARY_DIR}/ofn.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/ofn.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

if(TARGET functions-framework)
  install(FILES ${PROJECT_BINARY_DIR}/ofn.spdx.json ${PROJECT_SOURCE_DIR}/packaging/debian/copyright DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/functions-framework-cpp)
  install(FILES ${PROJECT_SOURCE_DIR}/packaging/systemd/functions-framework@.service
                ${PROJECT_SOURCE_DIR}/packaging/systemd/functions-framework@.socket
          DESTINATION lib/systemd/system)
endif()
