# Nghttp2::Nghttp2, the HTTP/2 library. It is the static archive if there is one, otherwise the shared library. The archive
# makes the program 200 KiB larger, but the program starts faster and needs one package less at run time.
find_path(NGHTTP2_INCLUDE_DIR nghttp2/nghttp2.h)
find_library(NGHTTP2_LIBRARY NAMES libnghttp2.a nghttp2)
mark_as_advanced(NGHTTP2_INCLUDE_DIR NGHTTP2_LIBRARY)

if(NGHTTP2_INCLUDE_DIR)
  file(STRINGS "${NGHTTP2_INCLUDE_DIR}/nghttp2/nghttp2ver.h" version_line REGEX "define NGHTTP2_VERSION ")
  string(REGEX MATCH "[0-9]+\\.[0-9]+\\.[0-9]+" Nghttp2_VERSION "${version_line}")
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Nghttp2
  REQUIRED_VARS NGHTTP2_LIBRARY NGHTTP2_INCLUDE_DIR VERSION_VAR Nghttp2_VERSION)

if(Nghttp2_FOUND AND NOT TARGET Nghttp2::Nghttp2)
  add_library(Nghttp2::Nghttp2 UNKNOWN IMPORTED)
  set_target_properties(Nghttp2::Nghttp2 PROPERTIES
    IMPORTED_LOCATION "${NGHTTP2_LIBRARY}" INTERFACE_INCLUDE_DIRECTORIES "${NGHTTP2_INCLUDE_DIR}")
  if(NGHTTP2_LIBRARY MATCHES "\\.a$")
    set_property(TARGET Nghttp2::Nghttp2 APPEND PROPERTY INTERFACE_COMPILE_DEFINITIONS NGHTTP2_STATICLIB)
  endif()
  # nghttp2 1.61 added this function, and distributions added it to earlier versions (CVE-2024-28182).
  file(STRINGS "${NGHTTP2_INCLUDE_DIR}/nghttp2/nghttp2.h" limit REGEX "nghttp2_option_set_max_continuations\\(")
  if(limit)
    set_property(TARGET Nghttp2::Nghttp2 APPEND PROPERTY
      INTERFACE_COMPILE_DEFINITIONS OFN_NGHTTP2_LIMITS_CONTINUATIONS)
  endif()
endif()
