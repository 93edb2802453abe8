#include "wire/blocking/curl_client.h"

#include <mutex>
#include <utility>

#include "wire/curl/call.h"
#include "wire/curl/library.h"

namespace ofn::wire::blocking {
namespace {

class CurlClient final : public HttpClient {
 public:
  CurlClient(const curl::Library& curl, HttpClientOptions options, const Clock& clock)
      : curl_(curl), options_(std::move(options)), clock_(clock) {}
  ~CurlClient() override {
    for (curl::Handle* handle : idle_) curl_.easy_cleanup(handle);
  }

  Result<HttpReply> send(const HttpCall& call) override {
    // A handle keeps its connections, so that later calls reuse them.
    curl::Handle* handle = take();
    if (handle == nullptr) return fail(Code::kResourceExhausted, "libcurl has no more handles");
    auto reply = perform(handle, call);
    curl_.easy_reset(handle);
    const std::scoped_lock lock(mutex_);
    idle_.push_back(handle);
    return reply;
  }

 private:
  curl::Handle* take() {
    {
      const std::scoped_lock lock(mutex_);
      if (!idle_.empty()) {
        curl::Handle* handle = idle_.back();
        idle_.pop_back();
        return handle;
      }
    }
    return curl_.easy_init();
  }

  Result<HttpReply> perform(curl::Handle* handle, const HttpCall& call) {
    curl::Call transfer(curl_, handle, options_);
    if (auto prepared = transfer.prepare(call, call.deadline.left(clock_.now())); !prepared)
      return std::unexpected(std::move(prepared.error()));
    return transfer.reply(curl_.easy_perform(handle));
  }

  const curl::Library curl_;
  HttpClientOptions options_;
  const Clock& clock_;
  std::mutex mutex_;
  std::vector<curl::Handle*> idle_;
};

}  // namespace

Result<std::unique_ptr<HttpClient>> make_curl_client(const HttpClientOptions& options,
                                                     const Clock& clock) {
  auto curl = curl::open_library(options.needed_by);
  if (!curl) return std::unexpected(std::move(curl.error()));
  return std::make_unique<CurlClient>(*curl, options, clock);
}

}  // namespace ofn::wire::blocking
