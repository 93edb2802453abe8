#include "wire/blocking/curl_client.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>
#include <mutex>
#include <utility>

#include "os/module.h"
#include "wire/chars.h"

namespace ofn::wire::blocking {
namespace {

// The used part of libcurl's binary interface. It is declared here so that the build needs no
// headers of libcurl. libcurl keeps these numbers unchanged (https://curl.se/libcurl/abi.html).
enum class Option : int {
  kConnectTimeoutMs = 156,
  kCustomRequest = 10036,
  kErrorBuffer = 10010,
  kForbidReuse = 75,
  kFreshConnect = 74,
  kHeaderData = 10029,
  kHeaderFunction = 20079,
  kHttpGet = 80,
  kHttpHeader = 10023,
  kHttpVersion = 84,
  kNoBody = 44,
  kNoSignal = 99,
  kPathAsIs = 234,
  kPost = 47,
  kPostFields = 10015,
  kPostFieldSizeLarge = 30120,
  kProtocols = 181,
  kProxy = 10004,
  kRootCa = 10065,
  kRootCaBlob = 40309,
  kCertificate = 10025,
  kCertificateBlob = 40291,
  kKey = 10087,
  kKeyBlob = 40292,
  kTimeoutMs = 155,
  kTlsVersion = 32,
  kUrl = 10002,
  kUserAgent = 10018,
  kWriteData = 10001,
  kWriteFunction = 20011,
};
enum class Info : int { kRedirectUrl = 0x10001f, kResponseCode = 0x200002 };
constexpr int kTimedOut = 28;           // CURLE_OPERATION_TIMEDOUT
constexpr int kBadUrl = 3;              // CURLE_URL_MALFORMAT
constexpr int kBadProtocol = 1;         // CURLE_UNSUPPORTED_PROTOCOL
constexpr int kNoProxy = 5;             // CURLE_COULDNT_RESOLVE_PROXY
constexpr int kNoHost = 6;              // CURLE_COULDNT_RESOLVE_HOST
constexpr int kNoConnection = 7;        // CURLE_COULDNT_CONNECT
constexpr int kBadOwnCertificate = 58;  // CURLE_SSL_CERTPROBLEM
constexpr int kBadCertificate = 60;     // CURLE_PEER_FAILED_VERIFICATION
constexpr int kBadAuthority = 77;       // CURLE_SSL_CACERT_BADFILE
constexpr long kGlobalDefault = 3;
constexpr long kHttp11 = 2;
constexpr long kHttp2OverTls = 4;
constexpr long kTls12 = 6;
constexpr long kHttpAndHttps = 3;
constexpr unsigned kBlobCopy = 1;
constexpr std::size_t kErrorSize = 256;

struct Handle;  // CURL
struct List;    // curl_slist
struct Blob {   // curl_blob
  void* data;
  std::size_t size;
  unsigned flags;
};

struct Library {
  int (*global_init)(long flags);
  Handle* (*easy_init)();
  int (*easy_setopt)(Handle* handle, int option, ...);
  int (*easy_getinfo)(Handle* handle, int info, ...);
  int (*easy_perform)(Handle* handle);
  void (*easy_reset)(Handle* handle);
  void (*easy_cleanup)(Handle* handle);
  const char* (*easy_strerror)(int code);
  List* (*slist_append)(List* list, const char* text);
  void (*slist_free_all)(List* list);
};

Result<Library> open_library(const std::string& needed_by) {
  const auto module = os::Module::open({"libcurl.so.4", "libcurl-gnutls.so.4", "libcurl.so"});
  if (!module) {
    return fail(Code::kFailedPrecondition,
                needed_by +
                    " needs libcurl, which is not installed (Debian and Ubuntu: apt-get "
                    "install libcurl4): " +
                    module.error().message());
  }
  Library curl{};
  if (!module->bind("curl_global_init", curl.global_init) ||
      !module->bind("curl_easy_init", curl.easy_init) ||
      !module->bind("curl_easy_setopt", curl.easy_setopt) ||
      !module->bind("curl_easy_getinfo", curl.easy_getinfo) ||
      !module->bind("curl_easy_perform", curl.easy_perform) ||
      !module->bind("curl_easy_reset", curl.easy_reset) ||
      !module->bind("curl_easy_cleanup", curl.easy_cleanup) ||
      !module->bind("curl_easy_strerror", curl.easy_strerror) ||
      !module->bind("curl_slist_append", curl.slist_append) ||
      !module->bind("curl_slist_free_all", curl.slist_free_all) ||
      curl.global_init(kGlobalDefault) != 0) {
    return fail(Code::kFailedPrecondition, "the installed libcurl cannot be used by " + needed_by);
  }
  return curl;
}

// libcurl's callbacks store the response here.
struct Receiver {
  HttpReply reply;
  std::size_t max_body;

  static std::size_t on_body(const char* data, std::size_t size, std::size_t count, void* self) {
    auto& receiver = *static_cast<Receiver*>(self);
    const std::size_t room = receiver.max_body - receiver.reply.body.size();
    receiver.reply.body.append(data, std::min(size * count, room));
    return size * count;
  }

  // Gets one line of the head, or of an interim or earlier response's head. Each head begins with a
  // status line.
  static std::size_t on_head(const char* data, std::size_t size, std::size_t count, void* self) {
    auto& reply = static_cast<Receiver*>(self)->reply;
    std::string_view line(data, size * count);
    while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
    if (line.starts_with("HTTP/")) {
      const std::size_t space = line.find(' ');
      reply.headers.clear();
      reply.status_line =
          space == std::string_view::npos ? std::string() : std::string(line.substr(space + 1));
    } else if (const std::size_t colon = line.find(':'); colon != std::string_view::npos) {
      std::string_view value = line.substr(colon + 1);
      while (value.starts_with(' ') || value.starts_with('\t')) value.remove_prefix(1);
      reply.headers.push_back({std::string(line.substr(0, colon)), std::string(value)});
    }
    return size * count;
  }
};

// Requests to loopback never use a proxy of the environment.
bool is_loopback(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return false;
  const std::string_view rest = url.substr(scheme + 3);
  return rest.starts_with("127.") || rest.starts_with("localhost") || rest.starts_with("[::1]");
}

// Returns true if a request may be repeated automatically (RFC 9110 §9.2.2).
bool is_idempotent(std::string_view method) { return method != "POST" && method != "PATCH"; }

bool is_field(const Header& header) {
  return !header.name.empty() && all(kToken, header.name) && all(kValue, header.value);
}

Code kind_of(int error) {
  switch (error) {
    case kTimedOut:
      return Code::kDeadlineExceeded;
    case kBadUrl:
    case kBadProtocol:
      return Code::kInvalidArgument;
    case kBadOwnCertificate:
    case kBadCertificate:
    case kBadAuthority:
      return Code::kFailedPrecondition;
    case kNoProxy:
    case kNoHost:
    case kNoConnection:
      return Code::kUnavailable;
    default:
      return Code::kUnknown;
  }
}

bool is_pem(std::string_view text) { return text.contains("-----BEGIN "); }

class CurlClient final : public HttpClient {
 public:
  CurlClient(const Library& curl, HttpClientOptions options, const Clock& clock)
      : curl_(curl), options_(std::move(options)), clock_(clock) {}
  ~CurlClient() override {
    for (Handle* handle : idle_) curl_.easy_cleanup(handle);
  }

  Result<HttpReply> send(const HttpCall& call) override {
    // A malformed field could turn into another field, or end the head.
    if (!std::ranges::all_of(call.headers, is_field)) {
      return fail(Code::kInvalidArgument, "a header's name or value is not valid in HTTP");
    }
    // A handle keeps its connections, so that later calls reuse them.
    Handle* handle = take();
    if (handle == nullptr) return fail(Code::kResourceExhausted, "libcurl has no more handles");
    auto reply = perform(handle, call);
    curl_.easy_reset(handle);
    const std::scoped_lock lock(mutex_);
    idle_.push_back(handle);
    return reply;
  }

 private:
  Handle* take() {
    {
      const std::scoped_lock lock(mutex_);
      if (!idle_.empty()) {
        Handle* handle = idle_.back();
        idle_.pop_back();
        return handle;
      }
    }
    return curl_.easy_init();
  }

  template <class Value>
  void set(Handle* handle, Option option, Value value) const {
    curl_.easy_setopt(handle, static_cast<int>(option), value);
  }

  void set_pem(Handle* handle, Option file, Option blob, std::string& text) const {
    if (text.empty()) return;
    if (is_pem(text)) {
      Blob copied{text.data(), text.size(), kBlobCopy};
      set(handle, blob, &copied);
    } else {
      set(handle, file, text.c_str());
    }
  }

  void set_method(Handle* handle, const HttpCall& call, const std::string& method) const {
    if (call.has_body == Body::kSent) {
      set(handle, Option::kPost, 1L);
      set(handle, Option::kPostFieldSizeLarge, static_cast<std::int64_t>(call.body.size()));
      set(handle, Option::kPostFields, call.body.empty() ? "" : call.body.data());
    } else if (method == "HEAD") {
      set(handle, Option::kNoBody, 1L);
    } else {
      set(handle, Option::kHttpGet, 1L);
    }
    set(handle, Option::kCustomRequest, method.c_str());
    if (call.repeat == Repeat::kIfIdempotent && !is_idempotent(method)) {
      // libcurl itself repeats a request if a reused connection ends without a response.
      set(handle, Option::kFreshConnect, 1L);
      set(handle, Option::kForbidReuse, 1L);
    }
  }

  List* header_list(const HttpCall& call) const {
    List* list = curl_.slist_append(nullptr, "Expect:");  // avoids a round trip before a large body
    for (const Header& header : call.headers) {
      // libcurl sends a field with an empty value if it is written with a semicolon.
      const std::string line =
          header.value.empty() ? header.name + ";" : header.name + ": " + header.value;
      list = curl_.slist_append(list, line.c_str());
    }
    return list;
  }

  Result<HttpReply> perform(Handle* handle, const HttpCall& call) {
    const Duration left = call.deadline.left(clock_.now());
    if (left <= Duration::zero()) return fail(Code::kDeadlineExceeded, "the deadline has passed");
    std::array<char, kErrorSize> why{};
    const std::string method(call.method);
    Receiver receiver{.reply = {},
                      .max_body = options_.max_body > 0
                                      ? static_cast<std::size_t>(options_.max_body)
                                      : std::numeric_limits<std::size_t>::max()};
    List* headers = header_list(call);
    set(handle, Option::kErrorBuffer, why.data());
    set(handle, Option::kNoSignal, 1L);
    set(handle, Option::kProtocols, kHttpAndHttps);
    set(handle, Option::kHttpVersion, call.version == Version::kHttp2 ? kHttp2OverTls : kHttp11);
    set(handle, Option::kTlsVersion, kTls12);
    set(handle, Option::kPathAsIs, 1L);
    // A header of the call comes before it.
    set(handle, Option::kUserAgent, "functions-framework");
    set(handle, Option::kUrl, call.url.c_str());
    if (is_loopback(call.url)) set(handle, Option::kProxy, "");
    set(handle, Option::kHttpHeader, headers);
    set(handle, Option::kConnectTimeoutMs, 15'000L);  // as in daprd
    if (!call.deadline.is_never()) {
      const auto timeout = std::chrono::ceil<std::chrono::milliseconds>(left);
      set(handle, Option::kTimeoutMs, static_cast<long>(timeout.count()));
    }
    set_pem(handle, Option::kRootCa, Option::kRootCaBlob, options_.root_ca);
    set_pem(handle, Option::kCertificate, Option::kCertificateBlob, options_.client_certificate);
    set_pem(handle, Option::kKey, Option::kKeyBlob, options_.client_key);
    set_method(handle, call, method);
    set(handle, Option::kWriteFunction, &Receiver::on_body);
    set(handle, Option::kWriteData, &receiver);
    set(handle, Option::kHeaderFunction, &Receiver::on_head);
    set(handle, Option::kHeaderData, &receiver);

    const int code = curl_.easy_perform(handle);
    curl_.slist_free_all(headers);
    if (code != 0) {
      return fail(kind_of(code), why[0] != '\0' ? why.data() : curl_.easy_strerror(code));
    }
    long status = 0;
    const char* redirect = nullptr;
    curl_.easy_getinfo(handle, static_cast<int>(Info::kResponseCode), &status);
    curl_.easy_getinfo(handle, static_cast<int>(Info::kRedirectUrl), &redirect);
    receiver.reply.status = static_cast<int>(status);
    if (redirect != nullptr) receiver.reply.redirect_url = redirect;
    return std::move(receiver.reply);
  }

  const Library curl_;
  HttpClientOptions options_;
  const Clock& clock_;
  std::mutex mutex_;
  std::vector<Handle*> idle_;
};

}  // namespace

Result<std::unique_ptr<HttpClient>> make_curl_client(const HttpClientOptions& options,
                                                     const Clock& clock) {
  auto curl = open_library(options.needed_by);
  if (!curl) return std::unexpected(std::move(curl.error()));
  return std::make_unique<CurlClient>(*curl, options, clock);
}

}  // namespace ofn::wire::blocking
