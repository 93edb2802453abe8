#include "cli/sending.h"

#include <chrono>
#include <utility>

#include "cli/chosen_sidecar.h"
#include "wire/grpc/link.h"

namespace ofn::cli {

namespace {

// The longest pause between two attempts to connect to the sidecar. It is at most the time that
// Retry-After tells clients to wait, and well below the time that an output waits for a sidecar, so
// that waiting outputs notice when the sidecar is back.
constexpr std::chrono::seconds kLongestBackoff(1);

}  // namespace

Sending::Sending(Loop& loop, const wire::Endpoint& endpoint, const Settings& settings,
                 const FunctionContext& context, wire::MemoryAccount& account,
                 HttpPort& http_client, Traces* traces, Log& log, OutputObserver* observer,
                 SentData* sent)
    : client(loop, wire::grpc::connector_to(loop, endpoint, limits),
             {.api_token = settings.dapr_api_token,
              .channel = {.authority = endpoint.text(),
                          .max_message = largest_message(settings),
                          .max_backoff = kLongestBackoff,
                          .account = &account}}),
      traced(traces == nullptr
                 ? nullptr
                 : std::make_unique<Traces::OnLoop>(*traces, loop, context, client, http_client)),
      recorded(sent == nullptr
                   ? std::nullopt
                   : std::optional<RecordedSidecar>(std::in_place, loop, *sent, &unrecorded())),
      outputs(context, sidecar(), loop, log,
              {.unreachable = settings.sidecar_timeout, .retry_codes = settings.retry_codes},
              observer),
      plain_http(http_client) {}

}  // namespace ofn::cli
