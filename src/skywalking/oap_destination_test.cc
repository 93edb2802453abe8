#include "skywalking/oap_destination.h"

#include <string>

#include <gtest/gtest.h>

#include "otlp/protobuf_reader.h"
#include "otlp/protobuf_writer.h"

namespace ofn::skywalking {
namespace {

using wire::grpc::Status;

TEST(OapDestination, KnowsAnOapServersAnswer) {
  std::string commands;
  otlp::ProtobufWriter out(commands);
  out.message(1, [&] { out.bytes(1, "ConfigurationDiscoveryCommand"); });
  EXPECT_EQ(read_commands(Status{}, "").verdict, otlp::Verdict::kAccepted);
  EXPECT_EQ(read_commands(Status{}, commands).verdict, otlp::Verdict::kAccepted);
  EXPECT_EQ(read_commands(Status{}, commands).rejected_items, 0U);
  for (const std::string_view lie : {"\xff\xff", "<html>", "\x08\x01"}) {
    const otlp::Answer answer = read_commands(Status{}, lie);
    EXPECT_EQ(answer.verdict, otlp::Verdict::kRefused) << lie;
    EXPECT_NE(answer.text.find("is this address an OAP server's?"), std::string::npos);
  }
  EXPECT_EQ(read_commands({.code = Code::kUnavailable}, "").verdict, otlp::Verdict::kRetry);
  EXPECT_EQ(read_commands({.code = Code::kUnauthenticated}, "").verdict, otlp::Verdict::kRefused);
}

TEST(OapDestination, TellsTheInstancesProperties) {
  std::string text;
  const std::string message = encode_instance(
      {.oap = {}, .service = "pay", .instance = "pod-1", .properties = {{"pod", "pod-1"}}});
  otlp::ProtobufReader in(message);
  while (const auto field = in.next()) text += std::to_string(field->number) + " ";
  EXPECT_EQ(text, "1 2 3 4 ");
  EXPECT_TRUE(message.ends_with("FAAS"));
}

}  // namespace
}  // namespace ofn::skywalking
