# The flags with which every target of this project is compiled: language level, warnings, sanitizers, linker, compiler cache.
# Projects that use the author's headers get only compile features, never these flags.

set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g1")
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)

find_program(OFN_CCACHE ccache)
if(OFN_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # ccache caches the use of a precompiled header only with this setting. It then compares the header's content.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${OFN_CCACHE})
endif()

add_library(ofn_flags INTERFACE)
target_compile_features(ofn_flags INTERFACE cxx_std_23)
target_compile_options(ofn_flags INTERFACE
  -Wall -Wextra -Wpedantic -Werror -Wnon-virtual-dtor -Wold-style-cast -fvisibility=hidden
  # Of several sources compiled as one (ofn_unity), a local name of one may be that of another's constant.
  $<$<NOT:$<BOOL:$<TARGET_PROPERTY:UNITY_BUILD>>>:-Wshadow>)
# By default GCC 12 collects its garbage so often that it takes a tenth of a compilation's time. Half a gigabyte is more than any source
# of this project needs. It is a limit: memory that a compilation does not use is not taken.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_compile_options("SHELL:--param ggc-min-heapsize=524288")
endif()
# GCC 12 warns falsely about moved-from std::string temporaries and inlined string copies at -O2 (GCC bugs 105329, 105651).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(ofn_flags INTERFACE -Wno-restrict -Wno-dangling-pointer -Wno-maybe-uninitialized)
endif()

# ./dev package and packaging/debian/rules turn this on. Debug information gets into a package of its own.
if(OFN_PACKAGE)
  add_compile_options(
    -g1 -ffile-prefix-map=${PROJECT_BINARY_DIR}=build -ffile-prefix-map=${PROJECT_SOURCE_DIR}=.
    -ffunction-sections -fdata-sections -fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
  add_link_options(LINKER:-z,relro,-z,now)
endif()

if(OFN_SANITIZE)
  if(NOT OFN_SANITIZE MATCHES "^(address,undefined|thread)$")
    message(FATAL_ERROR "OFN_SANITIZE is '${OFN_SANITIZE}'; it must be 'address,undefined' or 'thread'")
  endif()
  add_compile_options(-fsanitize=${OFN_SANITIZE} -fno-omit-frame-pointer -g1)
  # GCC and Clang tell a source in different ways which sanitizer is on, so define macros of our own.
  if(OFN_SANITIZE STREQUAL "thread")
    add_compile_definitions(OFN_THREAD_SANITIZER)
  else()
    add_compile_definitions(OFN_ADDRESS_SANITIZER)
  endif()
  add_link_options(-fsanitize=${OFN_SANITIZE})
  if(OFN_SANITIZE MATCHES undefined)
    add_compile_options(-fno-sanitize-recover=undefined)
  endif()
endif()

# Unit tests are compiled more often than they run. Optimizing them would take two fifths of their compile time, and checks for
# undefined behaviour in them a third. The rooms that they test are compiled as the preset says.
add_library(ofn_test_flags INTERFACE)
target_compile_options(ofn_test_flags INTERFACE -O0)
if(OFN_SANITIZE MATCHES undefined)
  target_compile_options(ofn_test_flags INTERFACE -fno-sanitize=undefined)
endif()

find_program(OFN_MOLD mold)
if(OFN_MOLD AND CMAKE_CXX_COMPILER_ID MATCHES "GNU|Clang")
  add_link_options(-fuse-ld=mold)
endif()
