// `bindings.http`: calls a URL, with daprd's operations, defaults and messages.
//
//   auto web = HttpBinding::create(component, make_client, clock);    // property url
//   (*web)->invoke({.component = "web", .operation = "post", .data = "{}",
//                   .metadata = {{"path", "/orders"}, {"X-Key", "1"}}}, deadline);
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "localdapr/component.h"
#include "localdapr/output_binding.h"
#include "wire/blocking/http_client.h"

namespace ofn::localdapr {

using MakeHttpClient = std::function<Result<std::unique_ptr<wire::blocking::HttpClient>>(
    const wire::blocking::HttpClientOptions&)>;

// Request metadata: `path` is appended to the URL, `errorIfNot2XX` overrides the component's, and
// names that begin with a capital are request headers. As in Go's client, up to ten redirects are
// followed, and secrets are not sent to another host.
// Differs from daprd: uses only HTTP/1.1, does not ask for gzip, and refuses mtlsRenegotiation
// other than RenegotiateNever.
// Spec: https://docs.dapr.io/reference/components-reference/supported-bindings/http/
class HttpBinding final : public BlockingBinding {
 public:
  // Lifetime: `clock` outlives the binding.
  static Result<std::unique_ptr<BlockingBinding>> create(const Component& component,
                                                         const MakeHttpClient& make_client,
                                                         const Clock& clock);

  std::span<const std::string_view> operations() const override;
  Result<SidecarReply> invoke(const dapr::BindingRequest& request, Deadline deadline) override;

 private:
  HttpBinding(Component component, const Clock& clock)
      : component_(std::move(component)), clock_(clock) {}

  std::string target_url(const dapr::BindingRequest& request) const;
  Result<std::vector<Header>> request_headers(const dapr::BindingRequest& request,
                                              wire::blocking::Body body) const;
  Result<wire::blocking::HttpReply> follow(wire::blocking::HttpCall call) const;

  Component component_;
  const Clock& clock_;
  std::optional<Duration> response_timeout_;
  std::unique_ptr<wire::blocking::HttpClient> client_;
};

}  // namespace ofn::localdapr
