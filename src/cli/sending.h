// One loop's connection to the sidecar, the outputs that are sent over it, and the author's HTTP requests. If calls are traced,
// spans stand before both.
//
//   Sending sending(loop, endpoint, settings, context, account, http, nullptr, log, nullptr);
//   environment.outputs = &sending.outputs;
//   environment.stores = &sending.stores();
#pragma once

#include <memory>
#include <optional>

#include "base/log.h"
#include "cli/sent_data.h"
#include "cli/traces.h"
#include "context/function_context.h"
#include "context/settings.h"
#include "dapr/client.h"
#include "invocation/http_port.h"
#include "loop/loop.h"
#include "output/outputs.h"
#include "output/sidecar.h"
#include "wire/endpoint.h"
#include "wire/limits.h"
#include "wire/memory_account.h"

namespace ofn::cli {

// It connects with the first call, so a program without calls never connects.
// Lifetime: all arguments outlive it. Threads: its loop's.
struct Sending {
  // `traces`: null if nothing is traced. `observer`: null if nobody observes outputs. `sent`: null if nobody wants to know what is sent.
  Sending(Loop& loop, const wire::Endpoint& endpoint, const Settings& settings,
          const FunctionContext& context, wire::MemoryAccount& account, HttpPort& http_client,
          Traces* traces, Log& log, OutputObserver* observer, SentData* sent = nullptr);

  Sidecar& sidecar() {
    if (recorded) return *recorded;
    return unrecorded();
  }
  Sidecar& unrecorded() {
    if (traced != nullptr) return traced->sidecar();
    return client;
  }
  Stores& stores() {
    if (traced != nullptr) return traced->stores();
    return client;
  }

  HttpPort& http() { return traced != nullptr ? traced->http() : plain_http; }

  wire::Limits limits;
  dapr::DaprClient client;
  std::unique_ptr<Traces::OnLoop> traced;  // null: nothing is traced
  std::optional<RecordedSidecar> recorded;
  Outputs outputs;
  HttpPort& plain_http;
};

}  // namespace ofn::cli
