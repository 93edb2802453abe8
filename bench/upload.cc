// Reads the body of each request to its end, and answers with its size.
#include <string>

#include <ofn/function.h>
#include <ofn/reader.h>

std::string upload(const ofn::Request&, ofn::Reader& reader) {
  while (reader.read()) {
  }
  return std::to_string(reader.received()) + "\n";
}
