# Precompiles the headers that nearly every file reads: for all rooms, for the rooms that are optimized for size, and for all tests.
#
# A source must still include everything that it uses: clang-tidy reads each file without a precompiled header (./dev lint),
# so it finds a forgotten #include.
set(OFN_SMALL $<$<CONFIG:Release>:-Os>)
option(OFN_PRECOMPILED "Precompile the headers that nearly every file reads" ON)
if(OFN_PRECOMPILED)
  set(standard_headers <algorithm> <array> <atomic> <charconv> <chrono> <cstddef> <cstdint> <cstring> <deque> <expected>
      <functional> <map> <memory> <mutex> <optional> <span> <string> <string_view> <utility> <vector>)

  function(ofn_precompiled_headers name)
    file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/${name}.cc CONTENT "// Compiled for its precompiled header only.\n")
    add_library(${name} OBJECT ${PROJECT_BINARY_DIR}/${name}.cc)
    target_link_libraries(${name} PRIVATE ofn_flags)
    target_precompile_headers(${name} PRIVATE ${ARGN})
    if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
      target_compile_options(${name} PRIVATE "SHELL:-Xclang -fno-pch-timestamp")  # without it, ccache cannot keep the result
    endif()
  endfunction()

  ofn_precompiled_headers(ofn_precompiled_standard ${standard_headers})
  # For rooms that are compiled for size (OfnRoom.cmake): a compiler refuses a header that was made with other flags.
  ofn_precompiled_headers(ofn_precompiled_small ${standard_headers})
  target_compile_options(ofn_precompiled_small PRIVATE ${OFN_SMALL})
  if(OFN_DEVELOPER)
    ofn_precompiled_headers(ofn_precompiled_test ${standard_headers} <gmock/gmock.h> <gtest/gtest.h>)
    target_link_libraries(ofn_precompiled_test PRIVATE GTest::gmock ofn_test_flags)
    # CMake compiles the sources of a program with this flag. A compiler refuses a precompiled header that was made with other
    # flags.
    set_target_properties(ofn_precompiled_test PROPERTIES POSITION_INDEPENDENT_CODE OFF)
    target_compile_options(ofn_precompiled_test PRIVATE -fPIE)
  endif()
endif()

function(ofn_precompiled target name)
  if(TARGET ${name})
    target_precompile_headers(${target} REUSE_FROM ${name})
  endif()
endfunction()
