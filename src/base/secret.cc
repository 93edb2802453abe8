#include "base/secret.h"

#include <cstddef>

namespace ofn {

bool same_secret(std::string_view given, std::string_view secret) noexcept {
  // Never reads past an end: if the secret is shorter than `given`, it is read again from its beginning.
  unsigned difference = given.size() == secret.size() ? 0 : 1;
  for (std::size_t i = 0; i < given.size(); ++i) {
    const char other = secret.empty() ? '\0' : secret[i % secret.size()];
    difference |= static_cast<unsigned char>(given[i] ^ other);
  }
  return difference == 0;
}

}  // namespace ofn
