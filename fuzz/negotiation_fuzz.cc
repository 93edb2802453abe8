// Reads Accept, Accept-Language and Accept-Encoding of arbitrary bytes. The result must be one of
// the offers, whatever their order, and offering more must not take the choice away.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <ofn/negotiation.h>

#include "base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): libFuzzer's interface
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto some = ofn::best_of(text, {"text/html", "a/b;c=d"});
  const auto same = ofn::best_of(text, {"a/b;c=d", "text/html"});
  OFN_CHECK(some.has_value() == same.has_value());
  OFN_CHECK(!some || *some == "text/html" || *some == "a/b;c=d");
  OFN_CHECK(!some || ofn::best_of(text, {"text/html", "a/b;c=d", "image/png"}));

  const auto language = ofn::best_language(text, {"en", "de-CH"});
  OFN_CHECK(!language || *language == "en" || *language == "de-CH");
  const auto coding = ofn::best_encoding(text, {"br", "gzip"});
  OFN_CHECK(!coding || *coding == "br" || *coding == "gzip" || *coding == "identity");
  return 0;
}
