# ofn_embed(NAME FOLDER FILE…): puts files of a folder into the program. Their names, sizes and contents are one text, which is compressed with
# gzip; NAME.cc, in the build's folder, defines `ofn::embedded::NAME()` with the bytes. src/embedded/bundle.h reads them.
# The same files give the same bytes.
function(ofn_embed name folder)
  set(files ${ARGN})
  list(SORT files)
  list(TRANSFORM files PREPEND ${folder}/ OUTPUT_VARIABLE paths)
  string(REPLACE ";" "|" listed "${files}")
  add_custom_command(OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/${name}.cc
    COMMAND ${CMAKE_COMMAND} -DNAME=${name} -DFOLDER=${folder} "-DFILES=${listed}" -DINTO=${CMAKE_CURRENT_BINARY_DIR}
            -P ${PROJECT_SOURCE_DIR}/cmake/embed.cmake
    DEPENDS ${paths} ${PROJECT_SOURCE_DIR}/cmake/embed.cmake
    VERBATIM)
endfunction()
