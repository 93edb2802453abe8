// libcurl, opened when the first client is made. A program that makes none neither loads nor requires it.
//
//   const auto curl = open_library("bindings.http");
//   if (!curl) return complain(curl.error().message());
#pragma once

#include <cstddef>
#include <string>

#include "base/error.h"

namespace ofn::wire::curl {

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
  kPrivate = 10103,
  kPost = 47,
  kPostFields = 10015,
  kPostFieldSizeLarge = 30120,
  kPostRedirects = 161,
  kProtocols = 181,
  kProxy = 10004,
  kQuickExit = 322,
  kRedirectProtocols = 182,
  kRedirects = 52,
  kMaxRedirects = 68,
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
enum class Info : int { kPrivate = 0x100015, kRedirectUrl = 0x10001f, kResponseCode = 0x200002 };
constexpr long kKeepsBodyOf301 = 1;     // CURL_REDIR_POST_301
constexpr long kKeepsBodyOf302 = 2;     // CURL_REDIR_POST_302
constexpr int kRefusedByUs = 23;        // CURLE_WRITE_ERROR
constexpr int kTooManyRedirects = 47;   // CURLE_TOO_MANY_REDIRECTS
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

enum class MultiOption : int {
  kMaxConnects = 6,
  kMaxTotalConnections = 13,
  kSocketData = 10002,
  kSocketFunction = 20001,
  kTimerData = 10005,
  kTimerFunction = 20004,
};
// What libcurl wants to know of a socket, and what it is told (curl_multi_socket_action(3)).
constexpr int kPollIn = 1;
constexpr int kPollOut = 2;
constexpr int kPollRemove = 4;
constexpr int kSelectIn = 1;
constexpr int kSelectOut = 2;
constexpr int kTimeoutSocket = -1;
constexpr int kMessageDone = 1;  // CURLMSG_DONE

struct Multi;     // CURLM
struct Message {  // CURLMsg
  int kind;
  Handle* handle;
  union {
    void* whatever;
    int result;
  } data;
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
  Multi* (*multi_init)();
  int (*multi_setopt)(Multi* multi, int option, ...);
  int (*multi_add_handle)(Multi* multi, Handle* handle);
  int (*multi_remove_handle)(Multi* multi, Handle* handle);
  int (*multi_socket_action)(Multi* multi, int socket, int events, int* running);
  Message* (*multi_info_read)(Multi* multi, int* left);
  int (*multi_cleanup)(Multi* multi);
};

// A value. Lifetime: libcurl stays loaded until the process ends.
// `needed_by`: for messages. Errors: kFailedPrecondition if libcurl is not installed; the message names the package.
Result<Library> open_library(const std::string& needed_by);

}  // namespace ofn::wire::curl
