// One request on one of libcurl's handles: the options that it sets, and the reply that comes back.
//
//   Call call(curl, handle, options);
//   if (auto problem = call.prepare(http_call, left); !problem) return problem.error();
//   return call.reply(curl.easy_perform(handle));
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "wire/blocking/http_client.h"
#include "wire/curl/library.h"
#include "wire/memory_account.h"

namespace ofn::wire::curl {

// Lifetime: everything outlives it, and it outlives the transfer; the handle is reset before its next use.
// Threads: one at a time.
class Call {
 public:
  // The most bytes of all heads of an answer, also interim ones and those of redirects.
  static constexpr std::size_t kMaxHead = std::size_t{256} * 1024;

  Call(const Library& curl, Handle* handle, const blocking::HttpClientOptions& options)
      : curl_(curl), handle_(handle), options_(options), share_(options.account) {}
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;
  ~Call();

  // `left`: the time for the transfer. The call's texts are borrowed until reply(). Errors: kInvalidArgument.
  Result<void> prepare(const blocking::HttpCall& call, Duration left);
  // `code`: how the transfer has ended. Call it once.
  Result<blocking::HttpReply> reply(int code);

 private:
  template <class Value>
  void set(Option option, Value value) const {
    curl_.easy_setopt(handle_, static_cast<int>(option), value);
  }
  void set_pem(Option file, Option blob, const std::string& text) const;
  void set_method(const blocking::HttpCall& call) const;
  void set_redirects(unsigned at_most);
  void follow(std::string_view status_line);

  static std::size_t on_body(const char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t on_head(const char* data, std::size_t size, std::size_t count, void* self);

  const Library& curl_;
  Handle* const handle_;
  const blocking::HttpClientOptions& options_;
  std::string method_;
  List* headers_ = nullptr;
  List* headers_without_content_ = nullptr;  // of a redirect that is followed by GET
  bool follows_ = false;
  std::array<char, kErrorSize> why_{};
  std::size_t max_body_ = 0;
  bool refuses_larger_ = false;
  bool is_too_large_ = false;
  bool is_memory_short_ = false;
  MemoryShare share_;           // of the body
  std::size_t head_bytes_ = 0;  // of all heads
  blocking::HttpReply reply_;
};

}  // namespace ofn::wire::curl
