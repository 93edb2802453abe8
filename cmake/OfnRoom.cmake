# ofn_room(NAME
#   SOURCES  a.cc …      every source, by hand, sorted
#   USES     base loop … rooms used; each must have been declared before, so the order in src/CMakeLists.txt is the
#                        dependency order of the house
#   LIBRARIES …          third-party libraries, private to the room
#   TESTS    a_test.cc … unit tests, beside the code; linked into one program `ofn_NAME_test`
#   TEST_USES …          rooms that only the tests use (declared before, too)
# )
function(ofn_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;USES;LIBRARIES;TESTS;TEST_USES" ${ARGN})
  if(ROOM_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "ofn_room(${name}): what is '${ROOM_UNPARSED_ARGUMENTS}'?")
  endif()
  foreach(used ${ROOM_USES} ${ROOM_TEST_USES})
    if(NOT TARGET ofn_${used})
      message(FATAL_ERROR "room '${name}' uses '${used}', which is not declared before it in src/CMakeLists.txt")
    endif()
  endforeach()

  if(ROOM_SOURCES)
    add_library(ofn_${name} STATIC ${ROOM_SOURCES})
    set(scope PUBLIC)
    target_link_libraries(ofn_${name} PRIVATE ofn_flags ${ROOM_LIBRARIES})
    ofn_precompiled(ofn_${name} ofn_precompiled_standard)
  else()
    add_library(ofn_${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_include_directories(ofn_${name} ${scope} ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(ofn_${name} ${scope} ofn_function_headers)
  list(TRANSFORM ROOM_USES PREPEND ofn_)
  target_link_libraries(ofn_${name} ${scope} ${ROOM_USES})

  if(OFN_DEVELOPER AND ROOM_TESTS)
    list(TRANSFORM ROOM_TEST_USES PREPEND ofn_)
    add_executable(ofn_${name}_test ${ROOM_TESTS})
    target_link_libraries(ofn_${name}_test PRIVATE ofn_${name} ofn_flags ofn_test_flags ${ROOM_TEST_USES} ${ROOM_LIBRARIES}
                          GTest::gmock_main)
    ofn_precompiled(ofn_${name}_test ofn_precompiled_test)
    add_test(NAME ${name} COMMAND ofn_${name}_test)
    set_tests_properties(${name} PROPERTIES TIMEOUT 600)
  endif()
endfunction()
