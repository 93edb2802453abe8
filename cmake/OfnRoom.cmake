# Adds a library that a room links to ofn_framework. If this project builds the library, its objects are copied into
# ofn_framework; if not, ofn_framework only names its file.
function(ofn_add_to_framework library)
  set(file ${library})
  if(TARGET ${library})
    get_target_property(is_imported ${library} IMPORTED)
    get_target_property(type ${library} TYPE)
    if(type STREQUAL "STATIC_LIBRARY" AND NOT is_imported)
      target_sources(ofn_framework PRIVATE $<TARGET_OBJECTS:${library}>)
      get_target_property(needed ${library} LINK_LIBRARIES)
      if(needed)
        foreach(other ${needed})
          ofn_add_to_framework(${other})
        endforeach()
      endif()
      return()
    endif()
    get_target_property(file ${library} IMPORTED_LOCATION_RELEASE)
    if(NOT file)
      get_target_property(file ${library} IMPORTED_LOCATION)
    endif()
    if(NOT file)
      if(NOT library STREQUAL "Threads::Threads")
        ofn_part(${library})  # the library has only headers
      endif()
      return()
    endif()
  endif()
  if(IS_ABSOLUTE ${file})
    get_filename_component(name ${file} NAME)
    if(name MATCHES "\\.a$")
      ofn_part(${file})
    endif()
    target_link_libraries(ofn_framework INTERFACE $<BUILD_INTERFACE:${file}> $<INSTALL_INTERFACE:-l:${name}>)
  else()
    target_link_libraries(ofn_framework INTERFACE ${file})
  endif()
endfunction()

# ofn_room(NAME
#   SOURCES  a.cc …      every source, listed by hand, sorted
#   USES     base loop … the rooms that it uses; each must be declared before it, so the order in src/CMakeLists.txt is
#                        the order of the dependencies
#   LIBRARIES …          third-party libraries, private to the room; a target that links ofn_framework also links them
#   TESTS    a_test.cc … unit tests, beside the code; they are linked into one program, `ofn_NAME_test`
#   SMALL                no answer waits for its code, so it is compiled for size and not for speed; that halves the code
#   COLD     a.cc …      those of the sources of another room for which no answer waits, or which run beside a call of the sidecar that
#                        takes a hundred times as long: they are compiled for size as well
#   TEST_USES …          rooms that only the tests use; they are also declared before it
# )
function(ofn_room name)
  cmake_parse_arguments(ROOM "SMALL" "" "SOURCES;COLD;USES;LIBRARIES;TESTS;TEST_USES" ${ARGN})
  if(ROOM_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "ofn_room(${name}) does not know the argument '${ROOM_UNPARSED_ARGUMENTS}'; it takes SOURCES, COLD, USES, LIBRARIES, SMALL, TESTS and TEST_USES")
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
    if(ROOM_SMALL)
      target_compile_options(ofn_${name} PRIVATE ${OFN_SMALL})
      ofn_precompiled(ofn_${name} ofn_precompiled_small)
    else()
      ofn_precompiled(ofn_${name} ofn_precompiled_standard)
    endif()
    # The precompiled header of the room is made for speed, and a compiler refuses it then.
    set_source_files_properties(${ROOM_COLD} PROPERTIES COMPILE_OPTIONS "${OFN_SMALL}" SKIP_PRECOMPILE_HEADERS ON)
    target_sources(ofn_framework PRIVATE $<TARGET_OBJECTS:ofn_${name}>)
    foreach(library ${ROOM_LIBRARIES})
      ofn_add_to_framework(${library})
    endforeach()
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

# ofn_benchmark(NAME ROOM a_bench.cc): a program that measures a room's code with google-benchmark. It is built by hand, where Debian's
# libbenchmark-dev is installed.
function(ofn_benchmark name room source)
  if(OFN_DEVELOPER)
    find_package(benchmark QUIET)
  endif()
  if(benchmark_FOUND)
    add_executable(${name} EXCLUDE_FROM_ALL ${source})
    target_link_libraries(${name} PRIVATE ofn_${room} ofn_flags benchmark::benchmark)
  endif()
endfunction()
