// Turns a table of any size into lines of JSON while it arrives: each line of the answer leaves before the upload is over.
#include <string>
#include <string_view>

#include <ofn/errors.h>
#include <ofn/function.h>
#include <ofn/reader.h>
#include <ofn/typed.h>

struct Sale {
  std::string item;
  std::string count;
};
OFN_FIELDS(Sale, item, count)

// One line of the table: "tea;3".
Sale parse(std::string_view line) {
  const std::size_t semicolon = line.find(';');
  if (semicolon == std::string_view::npos) throw ofn::BadInput("a line needs a semicolon");
  return {std::string(line.substr(0, semicolon)), std::string(line.substr(semicolon + 1))};
}

void convert(const ofn::Request&, ofn::Reader& reader, ofn::Writer& writer) {
  constexpr std::size_t kLongestLine = 4096;
  std::string rest;  // the begin of a line whose end has not arrived yet
  while (const auto piece = reader.read()) {
    rest += *piece;
    std::size_t begin = 0;
    for (std::size_t end = 0; (end = rest.find('\n', begin)) != std::string::npos;
         begin = end + 1) {
      if (!writer.line(parse(std::string_view(rest).substr(begin, end - begin)))) return;
    }
    rest.erase(0, begin);
    if (rest.size() > kLongestLine) throw ofn::BadInput("a line is too long");
  }
  if (!rest.empty()) writer.line(parse(rest));
}
