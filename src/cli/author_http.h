// The HTTP requests of the author's tasks (<ofn/http_client.h>), over libcurl.
//
//   AuthorHttp http(loop, descriptors, account);
//   environment.awaits.http = &http;
#pragma once

#include <memory>

#include "invocation/http_port.h"
#include "loop/descriptor_waits.h"
#include "loop/loop.h"
#include "wire/curl/multi_client.h"
#include "wire/memory_account.h"

namespace ofn::cli {

// libcurl is opened with the first request, so that other programs neither load nor need it.
// Lifetime: all arguments outlive it. Threads: its loop's.
class AuthorHttp final : public HttpPort {
 public:
  // `account` counts the bodies of answers until the tasks have them.
  AuthorHttp(Loop& loop, DescriptorWaits& waits, wire::MemoryAccount& account)
      : loop_(loop), waits_(waits), account_(account) {}

  Result<std::unique_ptr<UnderWay>> send(const HttpCall& call, const HttpPortOptions& options,
                                         Done done) override;

 private:
  Loop& loop_;
  DescriptorWaits& waits_;
  wire::MemoryAccount& account_;
  std::unique_ptr<wire::curl::MultiClient> client_;
};

}  // namespace ofn::cli
