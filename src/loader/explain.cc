#include "loader/explain.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdlib>
#include <cxxabi.h>
#include <vector>

#include "base/replace_all.h"

namespace ofn::loader {
namespace {

struct Known {
  std::string_view beginning;
  Library library;
};

constexpr Library kCrypto = {"-lcrypto", "libssl-dev"};
constexpr Library kZlib = {"-lz", "zlib1g-dev"};

// The libraries that functions use most. A longer prefix must come before a shorter prefix of it.
constexpr std::array kLibraries = {
    Known{"SSL_", {"-lssl -lcrypto", "libssl-dev"}},
    Known{"TLS_", {"-lssl -lcrypto", "libssl-dev"}},
    Known{"OPENSSL_init_ssl", {"-lssl -lcrypto", "libssl-dev"}},
    Known{"SHA1", kCrypto},
    Known{"SHA2", kCrypto},
    Known{"SHA3", kCrypto},
    Known{"SHA5", kCrypto},
    Known{"MD5", kCrypto},
    Known{"EVP_", kCrypto},
    Known{"HMAC", kCrypto},
    Known{"RSA_", kCrypto},
    Known{"RAND_", kCrypto},
    Known{"AES_", kCrypto},
    Known{"BIO_", kCrypto},
    Known{"BN_", kCrypto},
    Known{"EC_", kCrypto},
    Known{"ECDSA_", kCrypto},
    Known{"ERR_", kCrypto},
    Known{"PEM_", kCrypto},
    Known{"PKCS", kCrypto},
    Known{"X509_", kCrypto},
    Known{"ASN1_", kCrypto},
    Known{"CRYPTO_", kCrypto},
    Known{"OPENSSL_", kCrypto},
    Known{"d2i_", kCrypto},
    Known{"i2d_", kCrypto},
    Known{"deflate", kZlib},
    Known{"inflate", kZlib},
    Known{"compress", kZlib},
    Known{"uncompress", kZlib},
    Known{"crc32", kZlib},
    Known{"adler32", kZlib},
    Known{"gz", kZlib},
    Known{"zlibVersion", kZlib},
    Known{"curl_", {"-lcurl", "libcurl4-openssl-dev"}},
    Known{"sqlite3_", {"-lsqlite3", "libsqlite3-dev"}},
    Known{"PQ", {"-lpq", "libpq-dev"}},
    Known{"mysql_", {"-lmysqlclient", "default-libmysqlclient-dev"}},
    Known{"redis", {"-lhiredis", "libhiredis-dev"}},
    Known{"freeReplyObject", {"-lhiredis", "libhiredis-dev"}},
    Known{"mongoc_", {"-lmongoc-1.0", "libmongoc-dev"}},
    Known{"bson_", {"-lbson-1.0", "libbson-dev"}},
    Known{"rd_kafka_", {"-lrdkafka", "librdkafka-dev"}},
    Known{"amqp_", {"-lrabbitmq", "librabbitmq-dev"}},
    Known{"mosquitto_", {"-lmosquitto", "libmosquitto-dev"}},
    Known{"zmq_", {"-lzmq", "libzmq3-dev"}},
    Known{"BZ2_", {"-lbz2", "libbz2-dev"}},
    Known{"lzma_", {"-llzma", "liblzma-dev"}},
    Known{"ZSTD_", {"-lzstd", "libzstd-dev"}},
    Known{"LZ4", {"-llz4", "liblz4-dev"}},
    Known{"Brotli", {"-lbrotlienc -lbrotlidec", "libbrotli-dev"}},
    Known{"archive_", {"-larchive", "libarchive-dev"}},
    Known{"xml", {"-lxml2", "libxml2-dev"}},
    Known{"html", {"-lxml2", "libxml2-dev"}},
    Known{"yaml_", {"-lyaml", "libyaml-dev"}},
    Known{"cJSON_", {"-lcjson", "libcjson-dev"}},
    Known{"uuid_", {"-luuid", "uuid-dev"}},
    Known{"pcre2_", {"-lpcre2-8", "libpcre2-dev"}},
    Known{"png_", {"-lpng", "libpng-dev"}},
    Known{"jpeg_", {"-ljpeg", "libjpeg-dev"}},
    Known{"TIFF", {"-ltiff", "libtiff-dev"}},
    Known{"WebP", {"-lwebp", "libwebp-dev"}},
    Known{"uv_", {"-luv", "libuv1-dev"}},
    Known{"event_", {"-levent", "libevent-dev"}},
    Known{"git_", {"-lgit2", "libgit2-dev"}},
    Known{"sodium_", {"-lsodium", "libsodium-dev"}},
    Known{"crypto_", {"-lsodium", "libsodium-dev"}},
    Known{"cblas_", {"-lblas", "libblas-dev"}},
    Known{"__gmp", {"-lgmp", "libgmp-dev"}},
    Known{"fmt::", {"-lfmt", "libfmt-dev"}},
    Known{"spdlog::", {"-lspdlog -lfmt", "libspdlog-dev"}},
    Known{"google::protobuf::", {"-lprotobuf", "libprotobuf-dev"}},
    Known{"pqxx::", {"-lpqxx -lpq", "libpqxx-dev"}},
    Known{"YAML::", {"-lyaml-cpp", "libyaml-cpp-dev"}},
    Known{"Json::", {"-ljsoncpp", "libjsoncpp-dev"}},
    Known{"pugi::", {"-lpugixml", "libpugixml-dev"}},
    Known{"tinyxml2::", {"-ltinyxml2", "libtinyxml2-dev"}},
    Known{"re2::", {"-lre2", "libre2-dev"}},
    Known{"leveldb::", {"-lleveldb", "libleveldb-dev"}},
    Known{"rocksdb::", {"-lrocksdb", "librocksdb-dev"}},
    Known{"tbb::", {"-ltbb", "libtbb-dev"}},
    Known{"boost::filesystem::", {"-lboost_filesystem", "libboost-filesystem-dev"}},
    Known{"boost::program_options::", {"-lboost_program_options", "libboost-program-options-dev"}},
    Known{"boost::", {"-lboost_NAME", "libboost-all-dev"}},
};

struct Missing {
  std::string symbol;
  std::string file;
  std::string function;
};

std::string_view between(std::string_view line, std::string_view open, std::string_view close) {
  const auto begin = line.find(open);
  if (begin == std::string_view::npos) return {};
  const std::string_view rest = line.substr(begin + open.size());
  return rest.substr(0, rest.rfind(close));
}

std::string file_name(std::string_view path) {
  return std::string(path.substr(path.rfind('/') + 1));
}

// Returns every undefined symbol once, with the first place that uses it.
std::vector<Missing> missing_in(std::string_view output) {
  std::vector<Missing> all;
  std::string function;  // from ld's previous line
  Missing* last = nullptr;
  const auto add = [&](std::string_view symbol, std::string file, std::string in) {
    const std::string text = as_written(demangled(std::string(symbol)));
    const bool is_known =
        std::ranges::any_of(all, [&](const Missing& m) { return m.symbol == text; });
    last = is_known ? nullptr : &all.emplace_back(text, std::move(file), std::move(in));
  };
  while (!output.empty()) {
    const auto end = output.find('\n');
    const std::string_view line = output.substr(0, end);
    output = end == std::string_view::npos ? std::string_view() : output.substr(end + 1);
    constexpr std::string_view kUndefined = "undefined symbol: ";
    constexpr std::string_view kReference = "undefined reference to ";
    constexpr std::string_view kReferrer = ">>> referenced by ";
    if (const auto at = line.find(kUndefined); at != std::string_view::npos) {
      add(line.substr(at + kUndefined.size()), {}, {});
    } else if (const auto reference = line.find(kReference); reference != std::string_view::npos) {
      const std::string_view symbol = line.substr(reference + kReference.size());
      // The line is "FILE:(SECTION+OFFSET): undefined …", or "FILE:LINE: undefined …" if the object
      // has debug information.
      std::string_view place = line.substr(0, line.find(": undefined"));
      place = place.substr(0, place.find(":("));
      constexpr std::string_view kLinker = "ld: ";
      if (const auto ld = place.rfind(kLinker); ld != std::string_view::npos) {
        place.remove_prefix(ld + kLinker.size());
      }
      if (symbol.size() > 2) add(symbol.substr(1, symbol.size() - 2), file_name(place), function);
    } else if (const auto in = between(line, "in function `", "'"); !in.empty()) {
      function = as_written(demangled(std::string(in)));
    } else if (last != nullptr && line.starts_with(kReferrer) && last->file.empty()) {
      last->file = file_name(line.substr(kReferrer.size()));
    } else if (last != nullptr && line.starts_with(">>> ") && last->function.empty()) {
      // mold writes the next reference on the same line.
      const std::string_view part = line.substr(0, line.find(">>> referenced", 1));
      last->function = as_written(demangled(std::string(between(part, ":(", ")"))));
    }
  }
  return all;
}

}  // namespace

std::string demangled(const std::string& name) {
  if (!name.starts_with("_Z")) return name;
  int status = 0;
  char* text = ::abi::__cxa_demangle(name.c_str(), nullptr, nullptr, &status);
  std::string demangled = status == 0 ? text : name;
  std::free(text);  // NOLINT: __cxa_demangle's contract
  return demangled;
}

std::string as_written(std::string text) {
  replace_all(text, "(anonymous namespace)::", "");
  replace_all(text, "[abi:cxx11]", "");
  replace_all(text,
              "std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> >",
              "std::string");
  replace_all(text,
              "std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char>>",
              "std::string");
  replace_all(text, "std::basic_string_view<char, std::char_traits<char> >", "std::string_view");
  replace_all(text, "std::basic_string_view<char, std::char_traits<char>>", "std::string_view");
  return text;
}

Library library_of(std::string_view symbol) {
  for (const Known& known : kLibraries) {
    if (symbol.starts_with(known.beginning)) return known.library;
  }
  return {};
}

std::string explain_link(std::string_view output, std::string_view shown) {
  const std::string file = "File " + std::string(shown) + " ";
  const std::vector<Missing> all = missing_in(output);
  if (all.empty()) return {};
  if (std::ranges::any_of(all,
                          [](const Missing& m) { return m.symbol.starts_with("ofn::run("); })) {
    return file +
           "has a main that calls ofn::run, so it is a complete program.\nRemove main from the "
           "sources of "
           "--source, or build the program with CMake:\n  find_package(ofn) and "
           "target_link_libraries(PROGRAM PRIVATE ofn::framework)";
  }
  constexpr std::size_t kMost = 8;
  constexpr std::size_t kLongest = 80;
  std::string text = file + "does not link: no source or library of it defines";
  bool all_known = true;
  for (std::size_t i = 0; i < std::min(all.size(), kMost); ++i) {
    const Missing& each = all[i];
    std::string symbol = each.symbol;
    if (symbol.size() > kLongest) {
      symbol.resize(kLongest);
      symbol += "…";
    }
    text.append("\n  ").append(symbol);
    if (!each.function.empty() && each.function.size() <= kLongest) {
      text.append(", used in ").append(each.function);
      if (!each.file.empty()) text.append(" of ").append(each.file);
    } else if (!each.file.empty()) {
      text.append(", used in ").append(each.file);
    }
    if (symbol.starts_with("vtable for ")) {
      text += "\n    a virtual function of that class is declared and not defined";
    } else if (const Library library = library_of(symbol); !library.flags.empty()) {
      const char* const quote = library.flags.find(' ') == std::string_view::npos ? "" : "'";
      text.append("\n    add --cxxflags ").append(quote).append(library.flags).append(quote);
      text.append(" (package ").append(library.package) += ')';
    } else {
      all_known = false;
    }
  }
  if (all.size() > kMost) text += "\n  and " + std::to_string(all.size() - kMost) + " more";
  if (!all_known) {
    text +=
        "\nname the library (--cxxflags '-L FOLDER -l NAME') or give the folder of all sources "
        "as --source";
  }
  return text;
}

std::string shortened(std::string_view text) {
  constexpr std::size_t kLimit = std::size_t{16} * 1024;
  constexpr std::string_view kError = "error:";
  const auto first = text.find(kError);
  const bool is_late = first != std::string_view::npos && first > kLimit - kError.size();
  if (is_late) text.remove_prefix(text.rfind('\n', first) + 1);
  const bool is_long = text.size() > kLimit;
  if (is_long) {
    text = text.substr(0, kLimit);
    text = text.substr(0, text.rfind('\n'));  // removes an incomplete last line
  }
  while (text.ends_with('\n')) text.remove_suffix(1);
  std::string shortened = is_late ? "…\n" : "";
  shortened += text;
  if (is_long) shortened += "\n…";
  return shortened;
}

}  // namespace ofn::loader
