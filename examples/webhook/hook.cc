// A webhook: its sender signs each body with a secret that both know, as GitHub does. Only what is genuine is read.
#include <array>
#include <cstdlib>
#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <string>
#include <string_view>

#include <ofn/errors.h>
#include <ofn/function.h>
#include <ofn/typed.h>

struct Repository {
  std::string full_name;
};
OFN_FIELDS(Repository, full_name)
struct Push {
  std::string ref;
  Repository repository;
};
OFN_FIELDS(Push, ref, repository)

std::string signature_of(std::string_view body) {
  const char* const secret = std::getenv("WEBHOOK_SECRET");
  if (secret == nullptr) throw ofn::HttpError(503, "WEBHOOK_SECRET is not set");
  const std::string_view key(secret);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(body.data()), body.size(), digest.data(), &size);
  std::string text = "sha256=";
  for (unsigned int i = 0; i < size; ++i) {
    text += "0123456789abcdef"[digest[i] / 16];
    text += "0123456789abcdef"[digest[i] % 16];
  }
  return text;
}

std::string on_push(const ofn::Request& request) {
  const std::string expected = signature_of(request.body());
  const std::string_view given = request.header("x-hub-signature-256").value_or("");
  // The comparison takes the same time wherever the texts differ.
  if (given.size() != expected.size() ||
      CRYPTO_memcmp(given.data(), expected.data(), given.size()) != 0) {
    throw ofn::HttpError(401, "the signature is not that of the body");
  }
  const auto push = ofn::from_json<Push>(request.body());  // 400 if it does not fit
  return push.repository.full_name + ": " + push.ref + "\n";
}
