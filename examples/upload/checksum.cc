// Takes uploads of any size in constant memory, and answers with their size and checksum.
#include <cstdio>

#include <ofn/function.h>
#include <ofn/reader.h>

// FNV-1a, which the standard library does not have. A real service would write the pieces to a file or an object store here.
class Checksum {
 public:
  void add(std::string_view bytes) {
    for (const unsigned char byte : bytes) value_ = (value_ ^ byte) * 0x100000001b3;
  }
  std::string hex() const {
    char text[17];
    std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(value_));
    return text;
  }

 private:
  std::uint64_t value_ = 0xcbf29ce484222325;
};

ofn::Response checksum(const ofn::Request&, ofn::Reader& reader) {
  reader.limit(std::uint64_t{100} * 1024 * 1024 * 1024);  // larger ones are answered 413
  Checksum sum;
  while (const auto piece = reader.read()) sum.add(*piece);
  // The body was complete: otherwise read() has thrown.
  return sum.hex() + " " + std::to_string(reader.received()) + " bytes\n";
}
