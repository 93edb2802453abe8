# The third-party code that the program contains: static archives, and libraries that are only headers. The table has the license of
# each. Its version is that of the distribution's package or, without dpkg, the one that its CMake package names.
# `functions-framework --version --verbose` prints the list, and ofn.spdx.json, an SBOM in SPDX 2.3, is installed with the program.
#
# ofn_room() reports each library to ofn_part(). The configuration stops if the table does not know a library whose code gets into the
# program, so none is forgotten. ofn_write_parts() comes last, when all rooms are declared.

# File or target | name | license (SPDX) | home page | variable with its version | header, if there is no archive
set(OFN_PART_TABLE
  "libnghttp2.a|nghttp2|MIT|https://nghttp2.org/|Nghttp2_VERSION|"
  "libprotobuf-lite.a|protobuf-lite|BSD-3-Clause|https://protobuf.dev/|Protobuf_VERSION|"
  "libsqlite3.a|SQLite|blessing|https://sqlite.org/||"
  "libyaml-cpp.a|yaml-cpp|MIT|https://github.com/jbeder/yaml-cpp||"
  "libhiredis.a|hiredis|BSD-3-Clause|https://github.com/redis/hiredis||"
  "libz.a|zlib|Zlib|https://zlib.net/|ZLIB_VERSION|"
  "libbacktrace.a|libbacktrace|BSD-3-Clause|https://gcc.gnu.org/|CMAKE_CXX_COMPILER_VERSION|"
  "libstdc++.a|libiberty-demangler|GPL-2.0-or-later WITH GCC-exception-2.0|https://gcc.gnu.org/|CMAKE_CXX_COMPILER_VERSION|"
  "CLI11::CLI11|CLI11|BSD-3-Clause|https://github.com/CLIUtils/CLI11|CLI11_VERSION|CLI/CLI.hpp"
  "nlohmann_json::nlohmann_json|nlohmann-json|MIT|https://github.com/nlohmann/json|nlohmann_json_VERSION|nlohmann/json.hpp")

# ofn_part(FILE-OR-TARGET): its code gets into the program.
function(ofn_part library)
  get_filename_component(key ${library} NAME)
  foreach(row ${OFN_PART_TABLE})
    string(REPLACE "|" ";" columns "${row}")
    list(GET columns 0 known)
    if(NOT known STREQUAL key)
      continue()
    endif()
    list(GET columns 4 version_variable)
    list(GET columns 5 header)
    if(header)
      get_target_property(folders ${library} INTERFACE_INCLUDE_DIRECTORIES)
      find_file(OFN_HEADER_${key} ${header} HINTS ${folders})
      mark_as_advanced(OFN_HEADER_${key})
      set(library "${OFN_HEADER_${key}}")
    endif()
    set_property(GLOBAL PROPERTY "OFN_PART_FILE_${key}" "${library}")
    if(version_variable)
      set_property(GLOBAL PROPERTY "OFN_PART_VERSION_${key}" "${${version_variable}}")
    endif()
    return()
  endforeach()
  message(FATAL_ERROR "the program contains code of ${library}; add it to the table in cmake/OfnParts.cmake")
endfunction()

# Sets package and version in the caller: those of the Debian package that owns the file, or empty.
function(ofn_package_of file)
  set(package "")
  set(version "")
  find_program(OFN_DPKG_QUERY dpkg-query)
  mark_as_advanced(OFN_DPKG_QUERY)
  if(OFN_DPKG_QUERY)
    file(REAL_PATH "${file}" real)
    execute_process(COMMAND ${OFN_DPKG_QUERY} --search ${real} OUTPUT_VARIABLE owner ERROR_QUIET)
    if(owner MATCHES "^([^:,]+(:[a-z0-9]+)?): ")
      set(package ${CMAKE_MATCH_1})
      execute_process(COMMAND ${OFN_DPKG_QUERY} --show --showformat "\${Version}" ${package} OUTPUT_VARIABLE version)
      string(REGEX REPLACE ":.*" "" package ${package})
    endif()
  endif()
  set(package "${package}" PARENT_SCOPE)
  set(version "${version}" PARENT_SCOPE)
endfunction()

# Writes parts.cc, which has the text of --version --verbose, and ofn.spdx.json.
function(ofn_write_parts)
  cmake_host_system_information(RESULT distribution QUERY DISTRIB_INFO)
  set(text "")
  set(packages "")
  set(relationships "")
  foreach(row ${OFN_PART_TABLE})
    string(REPLACE "|" ";" columns "${row}")
    list(GET columns 0 key)
    list(GET columns 1 name)
    list(GET columns 2 license)
    list(GET columns 3 home)
    get_property(file GLOBAL PROPERTY "OFN_PART_FILE_${key}")
    if(NOT file)
      continue()
    endif()
    # A newer archive or header is another version.
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
    ofn_package_of(${file})
    set(reference "")
    if(version)
      string(REPLACE "%" "%25" locator "${version}")
      string(REPLACE "+" "%2B" locator "${locator}")
      string(REPLACE ":" "%3A" locator "${locator}")
      set(locator "pkg:deb/${distribution_ID}/${package}@${locator}?distro=${distribution_ID}-${distribution_VERSION_ID}")
      set(reference ",
      \"externalRefs\": [
        {
          \"referenceCategory\": \"PACKAGE-MANAGER\",
          \"referenceType\": \"purl\",
          \"referenceLocator\": \"${locator}\"
        }
      ]")
    else()
      get_property(version GLOBAL PROPERTY "OFN_PART_VERSION_${key}")
    endif()
    set(version_line "")
    set(shown "of unknown version")
    if(version)
      set(version_line "\n      \"versionInfo\": \"${version}\",")
      set(shown "${version}")
    endif()
    string(APPEND text "  ${name} ${shown}, ${license}\n")
    string(APPEND packages ",
    {
      \"SPDXID\": \"SPDXRef-${name}\",
      \"name\": \"${name}\",${version_line}
      \"homepage\": \"${home}\",
      \"downloadLocation\": \"NOASSERTION\",
      \"filesAnalyzed\": false,
      \"licenseConcluded\": \"${license}\",
      \"licenseDeclared\": \"${license}\",
      \"copyrightText\": \"NOASSERTION\"${reference}
    }")
    set(how CONTAINS)
    if(file MATCHES "\\.a$")
      set(how STATIC_LINK)
    endif()
    string(APPEND relationships ",
    {
      \"spdxElementId\": \"SPDXRef-functions-framework\",
      \"relationshipType\": \"${how}\",
      \"relatedSpdxElement\": \"SPDXRef-${name}\"
    }")
  endforeach()

  file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/parts.cc @ONLY CONTENT [=[
// Written by cmake/OfnParts.cmake.
#include "cli/parts.h"

namespace ofn::cli {

std::string_view parts_text() {
  return R"(@text@)";
}

}  // namespace ofn::cli
]=])
  string(SHA256 hash "${PROJECT_VERSION}${packages}")
  string(TIMESTAMP created "%Y-%m-%dT%H:%M:%SZ" UTC)  # SOURCE_DATE_EPOCH, if it is set
  file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/ofn.spdx.json @ONLY CONTENT [=[
{
  "spdxVersion": "SPDX-2.3",
  "dataLicense": "CC0-1.0",
  "SPDXID": "SPDXRef-DOCUMENT",
  "name": "functions-framework-cpp-@PROJECT_VERSION@",
  "documentNamespace": "https://spdx.org/spdxdocs/functions-framework-cpp-@PROJECT_VERSION@-@hash@",
  "creationInfo": {
    "created": "@created@",
    "creators": ["Tool: CMake-@CMAKE_VERSION@"]
  },
  "packages": [
    {
      "SPDXID": "SPDXRef-functions-framework",
      "name": "functions-framework-cpp",
      "versionInfo": "@PROJECT_VERSION@",
      "primaryPackagePurpose": "APPLICATION",
      "downloadLocation": "NOASSERTION",
      "filesAnalyzed": false,
      "licenseConcluded": "NOASSERTION",
      "licenseDeclared": "NOASSERTION",
      "copyrightText": "NOASSERTION"
    }@packages@
  ],
  "relationships": [
    {
      "spdxElementId": "SPDXRef-DOCUMENT",
      "relationshipType": "DESCRIBES",
      "relatedSpdxElement": "SPDXRef-functions-framework"
    }@relationships@
  ]
}
]=])
endfunction()
