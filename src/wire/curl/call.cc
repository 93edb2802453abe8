#include "wire/curl/call.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <limits>
#include <string_view>
#include <utility>

#include "wire/blocking/request_check.h"
#include "wire/redirect.h"

namespace ofn::wire::curl {

using blocking::HttpCall;
using blocking::HttpReply;

namespace {

// Requests to loopback never use a proxy of the environment.
bool is_loopback(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return false;
  const std::string_view rest = url.substr(scheme + 3);
  return rest.starts_with("127.") || rest.starts_with("localhost") || rest.starts_with("[::1]");
}

// Returns true if a request may be repeated automatically (RFC 9110 §9.2.2).
bool is_idempotent(std::string_view method) { return method != "POST" && method != "PATCH"; }

Code kind_of(int error) {
  switch (error) {
    case kTimedOut:
      return Code::kDeadlineExceeded;
    case kTooManyRedirects:
      return Code::kFailedPrecondition;
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

List* header_list(const Library& curl, const HttpCall& call, bool has_content) {
  List* list = curl.slist_append(nullptr, "Expect:");  // avoids a round trip before a large body
  for (const Header& header : call.headers) {
    if (!has_content && describes_content(header.name)) continue;
    // libcurl sends a field with an empty value if it is written with a semicolon.
    const std::string line =
        header.value.empty() ? header.name + ";" : header.name + ": " + header.value;
    list = curl.slist_append(list, line.c_str());
  }
  return list;
}

}  // namespace

Call::~Call() {
  curl_.slist_free_all(headers_);
  curl_.slist_free_all(headers_without_content_);
}

std::size_t Call::on_body(const char* data, std::size_t size, std::size_t count, void* self) {
  auto& call = *static_cast<Call*>(self);
  std::string& body = call.reply_.body;
  const std::size_t room = call.max_body_ - body.size();
  if (call.refuses_larger_ && size * count > room) {
    call.is_too_large_ = true;
    return 0;  // ends the transfer
  }
  const std::size_t kept = std::min(size * count, room);
  if (!grow(body, body.size() + kept, call.max_body_, call.share_)) {
    call.is_memory_short_ = true;
    return 0;
  }
  body.append(data, kept);
  return size * count;
}

// Gets one line of the head, or of an interim or earlier response's head. Each head begins with a status line.
std::size_t Call::on_head(const char* data, std::size_t size, std::size_t count, void* self) {
  auto& call = *static_cast<Call*>(self);
  HttpReply& reply = call.reply_;
  call.head_bytes_ += size * count;
  if (call.head_bytes_ > kMaxHead) return 0;  // ends the transfer
  std::string_view line(data, size * count);
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  if (line.starts_with("HTTP/")) {
    const std::size_t space = line.find(' ');
    reply.headers.clear();
    reply.body.clear();  // of a redirect that is followed
    reply.status_line =
        space == std::string_view::npos ? std::string() : std::string(line.substr(space + 1));
    call.follow(reply.status_line);
  } else if (const std::size_t colon = line.find(':'); colon != std::string_view::npos) {
    std::string_view value = line.substr(colon + 1);
    while (value.starts_with(' ') || value.starts_with('\t')) value.remove_prefix(1);
    reply.headers.push_back({std::string(line.substr(0, colon)), std::string(value)});
  }
  return size * count;
}

void Call::set_pem(Option file, Option blob, const std::string& text) const {
  if (text.empty()) return;
  if (is_pem(text)) {
    Blob copied{const_cast<char*>(text.data()), text.size(), kBlobCopy};
    set(blob, &copied);
  } else {
    set(file, text.c_str());
  }
}

void Call::set_method(const HttpCall& call) const {
  std::string_view implied = "GET";
  if (call.has_body == blocking::Body::kSent) {
    implied = "POST";
    set(Option::kPost, 1L);
    set(Option::kPostFieldSizeLarge, static_cast<std::int64_t>(call.body.size()));
    set(Option::kPostFields, call.body.empty() ? "" : call.body.data());
  } else if (method_ == "HEAD") {
    implied = "HEAD";
    set(Option::kNoBody, 1L);
  } else {
    set(Option::kHttpGet, 1L);
  }
  // follow() changes a custom method; libcurl itself does not.
  if (method_ != implied) set(Option::kCustomRequest, method_.c_str());
  if (call.repeat == blocking::Repeat::kIfIdempotent && !is_idempotent(method_)) {
    // libcurl itself repeats a request if a reused connection ends without a response.
    set(Option::kFreshConnect, 1L);
    set(Option::kForbidReuse, 1L);
  }
}

void Call::set_redirects(unsigned at_most) {
  if (at_most == 0) return;
  follows_ = true;
  // Otherwise libcurl drops every body after 301 and 302.
  if (method_ != "POST") set(Option::kPostRedirects, kKeepsBodyOf301 | kKeepsBodyOf302);
  set(Option::kRedirects, 1L);
  set(Option::kMaxRedirects, static_cast<long>(at_most));
  set(Option::kRedirectProtocols, kHttpAndHttps);
}

void Call::follow(std::string_view status_line) {
  if (!follows_) return;
  int status = 0;
  std::from_chars(status_line.data(), status_line.data() + status_line.size(), status);
  if (!redirects_to_get(status, method_)) return;
  set(Option::kCustomRequest, static_cast<const char*>(nullptr));
  set(Option::kHttpHeader, headers_without_content_);
}

Result<void> Call::prepare(const HttpCall& call, Duration left) {
  if (auto checked = blocking::check_request(call.method, call.headers); !checked) return checked;
  if (left <= Duration::zero()) return fail(Code::kDeadlineExceeded, "the deadline has passed");
  method_ = call.method;
  const std::int64_t max_body = call.max_body > 0 ? call.max_body : options_.max_body;
  max_body_ =
      max_body > 0 ? static_cast<std::size_t>(max_body) : std::numeric_limits<std::size_t>::max();
  refuses_larger_ = call.larger == blocking::Larger::kRefused;
  headers_ = header_list(curl_, call, true);
  if (call.redirects > 0) headers_without_content_ = header_list(curl_, call, false);
  set(Option::kErrorBuffer, why_.data());
  set(Option::kNoSignal, 1L);
  set(Option::kProtocols, kHttpAndHttps);
  set(Option::kHttpVersion, call.version == blocking::Version::kHttp2 ? kHttp2OverTls : kHttp11);
  set(Option::kTlsVersion, kTls12);
  set(Option::kPathAsIs, 1L);
  // A header of the call comes before it.
  set(Option::kUserAgent, "functions-framework");
  set(Option::kUrl, call.url.c_str());
  if (is_loopback(call.url)) set(Option::kProxy, "");
  set(Option::kHttpHeader, headers_);
  set(Option::kConnectTimeoutMs, 15'000L);  // as in daprd
  // A request that is given up does not wait for the resolver of names.
  set(Option::kQuickExit, 1L);
  if (left < Duration::max()) {
    const auto timeout = std::chrono::ceil<std::chrono::milliseconds>(left);
    set(Option::kTimeoutMs, static_cast<long>(timeout.count()));
  }
  set_pem(Option::kRootCa, Option::kRootCaBlob, options_.root_ca);
  set_pem(Option::kCertificate, Option::kCertificateBlob, options_.client_certificate);
  set_pem(Option::kKey, Option::kKeyBlob, options_.client_key);
  set_method(call);
  set_redirects(call.redirects);
  set(Option::kWriteFunction, &Call::on_body);
  set(Option::kWriteData, this);
  set(Option::kHeaderFunction, &Call::on_head);
  set(Option::kHeaderData, this);
  return {};
}

Result<HttpReply> Call::reply(int code) {
  if (head_bytes_ > kMaxHead) {
    return fail(Code::kResourceExhausted,
                "the head of the answer is larger than " + std::to_string(kMaxHead) + " bytes");
  }
  if (is_too_large_) {
    return fail(Code::kResourceExhausted,
                "the answer is larger than " + std::to_string(max_body_) + " bytes");
  }
  if (is_memory_short_) {
    return fail(Code::kResourceExhausted,
                "there is not enough memory for the answer; try again later");
  }
  if (code != 0) {
    return fail(kind_of(code), why_[0] != '\0' ? why_.data() : curl_.easy_strerror(code));
  }
  long status = 0;
  const char* redirect = nullptr;
  curl_.easy_getinfo(handle_, static_cast<int>(Info::kResponseCode), &status);
  curl_.easy_getinfo(handle_, static_cast<int>(Info::kRedirectUrl), &redirect);
  reply_.status = static_cast<int>(status);
  if (redirect != nullptr) reply_.redirect_url = redirect;
  return std::move(reply_);
}

}  // namespace ofn::wire::curl
