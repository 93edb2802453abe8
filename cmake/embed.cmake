# The step of ofn_embed (OfnEmbed.cmake) that runs when something is built: writes INTO/NAME.cc.
string(REPLACE "|" ";" FILES "${FILES}")
set(bundle ${INTO}/${NAME}.bundle)
file(WRITE ${bundle} "")
foreach(file IN LISTS FILES)
  file(SIZE ${FOLDER}/${file} size)
  file(READ ${FOLDER}/${file} text)
  file(APPEND ${bundle} "${file} ${size}\n${text}")
endforeach()
file(ARCHIVE_CREATE OUTPUT ${bundle}.gz PATHS ${bundle} FORMAT raw COMPRESSION GZip COMPRESSION_LEVEL 9)
file(READ ${bundle}.gz hex HEX)
# The header of gzip has the time. Without it, the same files give the same bytes.
string(SUBSTRING "${hex}" 0 8 before)
string(SUBSTRING "${hex}" 16 -1 behind)
set(hex "${before}00000000${behind}")
string(REGEX REPLACE "(................................)" "\\1\n" hex "${hex}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "\\\\x\\1" hex "${hex}")
string(REGEX REPLACE "([^\n]+)" "    \"\\1\"" hex "${hex}")
file(WRITE ${INTO}/${NAME}.cc "// Written by cmake/embed.cmake.
#include \"embedded/bundle.h\"

std::string_view ofn::embedded::${NAME}() noexcept {
  static constexpr char kBytes[] =
${hex};
  return {kBytes, sizeof kBytes - 1};
}
")
