# Libbacktrace::Libbacktrace: reads symbols and line numbers from the modules of a running process, without malloc and without
# locks of its own. GCC ships it (Debian: libgcc-12-dev, Ubuntu 24.04: libgcc-13-dev) in a folder that only the compiler
# knows; Clang finds the archive of the GCC whose libraries it uses. Without it, a stack has only the names of functions that
# their module exports, and no lines.
execute_process(COMMAND ${CMAKE_CXX_COMPILER} -print-file-name=libbacktrace.a
  OUTPUT_VARIABLE archive OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
if(IS_ABSOLUTE "${archive}" AND EXISTS "${archive}")
  set(LIBBACKTRACE_LIBRARY "${archive}" CACHE FILEPATH "The archive libbacktrace.a")
  get_filename_component(folder "${archive}" DIRECTORY)
  find_path(LIBBACKTRACE_HEADER_DIR backtrace.h PATHS "${folder}/include" NO_DEFAULT_PATH)
endif()
mark_as_advanced(LIBBACKTRACE_LIBRARY LIBBACKTRACE_HEADER_DIR)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Libbacktrace REQUIRED_VARS LIBBACKTRACE_LIBRARY LIBBACKTRACE_HEADER_DIR)

if(Libbacktrace_FOUND AND NOT TARGET Libbacktrace::Libbacktrace)
  # Copy only these two headers: the folder also has GCC's own headers (<stddef.h>, …), which another compiler must not see.
  foreach(header backtrace.h backtrace-supported.h)
    configure_file("${LIBBACKTRACE_HEADER_DIR}/${header}" "${PROJECT_BINARY_DIR}/libbacktrace/${header}" COPYONLY)
  endforeach()
  add_library(Libbacktrace::Libbacktrace UNKNOWN IMPORTED)
  set_target_properties(Libbacktrace::Libbacktrace PROPERTIES
    IMPORTED_LOCATION "${LIBBACKTRACE_LIBRARY}" INTERFACE_INCLUDE_DIRECTORIES "${PROJECT_BINARY_DIR}/libbacktrace"
    INTERFACE_COMPILE_DEFINITIONS OFN_HAS_LIBBACKTRACE)
endif()
