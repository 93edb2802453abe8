#include "skywalking/oap_destination.h"

#include <span>
#include <utility>

#include "otlp/answers.h"
#include "otlp/attributes.h"
#include "otlp/protobuf_reader.h"
#include "otlp/protobuf_writer.h"

namespace ofn::skywalking {
namespace {

constexpr std::string_view kCollect = "/skywalking.v3.TraceSegmentReportService/collectInSync";
constexpr std::string_view kReport = "/skywalking.v3.ManagementService/reportInstanceProperties";
constexpr std::size_t kMaxAnswer = std::size_t{64} * 1024;
constexpr std::string_view kLayer = "FAAS";

// Commands has one field, 1, of messages.
bool is_commands(std::string_view message) {
  otlp::ProtobufReader in(message);
  while (const auto field = in.next()) {
    if (field->number == 1 && field->type != otlp::protobuf::WireType::kBytes) return false;
  }
  return !in.failed();
}

}  // namespace

std::string encode_instance(const Settings& settings) {
  std::string bytes;
  otlp::ProtobufWriter out(bytes);
  otlp::write_text(out, 1, settings.service);
  otlp::write_text(out, 2, settings.instance);
  for (const Header& property : settings.properties) {
    out.message(3, [&] {
      otlp::write_text(out, 1, property.name);
      otlp::write_text(out, 2, property.value);
    });
  }
  out.bytes(4, kLayer);
  return bytes;
}

otlp::Answer read_commands(const wire::grpc::Status& status, std::string_view message) {
  if (!status.ok()) return otlp::read_grpc(status, {});
  if (is_commands(message)) return {};
  return {.verdict = otlp::Verdict::kRefused,
          .text = "the answer is not SkyWalking's; is this address an OAP server's?"};
}

OapDestination::OapDestination(Loop& loop, wire::grpc::Connector connector,
                               const Settings& settings)
    : channel_(loop, std::move(connector),
               {.authority = settings.oap.text(), .max_message = kMaxAnswer}),
      authentication_(settings.authentication),
      instance_(encode_instance(settings)),
      name_("http://" + settings.oap.text()) {}

void OapDestination::deliver(std::string_view message, Deadline deadline,
                             std::move_only_function<void(const otlp::Answer&)> done) {
  const Field authentication{.name = "authentication", .value = authentication_};
  const wire::grpc::CallOptions options{
      .deadline = deadline,
      .metadata = std::span(&authentication, authentication_.empty() ? 0 : 1)};
  if (!is_reported_ && !is_reporting_) report_instance(options);
  channel_.call(kCollect, message, options,
                [this, done = std::move(done)](const wire::grpc::CallResult& result) mutable {
                  if (!closing_) done(read_commands(result.status, result.message));
                });
}

// Segments do not wait for it.
void OapDestination::report_instance(const wire::grpc::CallOptions& options) {
  is_reporting_ = true;
  channel_.call(kReport, instance_, options, [this](const wire::grpc::CallResult& result) {
    is_reporting_ = false;
    is_reported_ = result.status.ok();
  });
}

void OapDestination::close(std::function<void()> closed) {
  closing_ = true;
  channel_.close(std::move(closed));
}

}  // namespace ofn::skywalking
