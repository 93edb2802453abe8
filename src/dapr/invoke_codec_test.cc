#include "dapr/invoke_codec.h"

#include <app_callback.pb.h>
#include <status.pb.h>
#include <well_known.pb.h>

#include <gtest/gtest.h>

namespace ofn::dapr {
namespace {

namespace pb = ::dapr::proto::runtime::v1;
using ofn::well_known::Value;

const std::string kBytes("\0\xff{}", 4);

TEST(InvokeCodecTest, ACallArrivesAsItWasMade) {
  for (const InvokeService& call : {
           InvokeService{.app_id = "other",
                         .method = "orders/7",
                         .data = kBytes,
                         .content_type = "a/b",
                         .verb = "PATCH",
                         .query = "a=1"},
           InvokeService{.app_id = "other", .method = "m"},
           InvokeService{},
       }) {
    const auto to_sidecar = encode(call);
    const auto to_app = encode_on_invoke(call);
    ASSERT_TRUE(to_sidecar && to_app);
    const auto at_sidecar = decode_invoke_service(*to_sidecar);
    const auto at_app = decode_on_invoke(*to_app);
    ASSERT_TRUE(at_sidecar && at_app);
    EXPECT_EQ(at_sidecar->app_id, call.app_id);
    EXPECT_EQ(at_app->app_id, "");
    for (const InvokeService& arrived : {*at_sidecar, *at_app}) {
      EXPECT_EQ(arrived.method, call.method);
      EXPECT_EQ(arrived.data, call.data);
      EXPECT_EQ(arrived.content_type, call.content_type);
      EXPECT_EQ(arrived.verb, call.verb);
      EXPECT_EQ(arrived.query, call.query);
    }
    for (std::size_t cut = 0; cut < to_app->size(); ++cut)
      (void)decode_on_invoke(std::string_view(*to_app).substr(0, cut));
  }
}

TEST(InvokeCodecTest, AnAnswerArrivesAsItWasGiven) {
  const std::string bytes = encode(InvokeReply{.data = kBytes, .content_type = "a/b"});
  const auto arrived = decode_invoke_reply(bytes);
  ASSERT_TRUE(arrived);
  EXPECT_EQ(arrived->data, kBytes);
  EXPECT_EQ(arrived->content_type, "a/b");
  for (std::size_t cut = 0; cut < bytes.size(); ++cut)
    (void)decode_invoke_reply(std::string_view(bytes).substr(0, cut));
}

TEST(InvokeCodecTest, SaysWhatIsWrong) {
  struct Case {
    Result<std::string> bytes;
    std::string_view message;
  };
  const std::string bad("\xff");
  for (const Case& c : {
           Case{encode(InvokeService{.method = bad}), "the method is not valid UTF-8"},
           Case{encode(InvokeService{.verb = "FETCH"}),
                "the verb 'FETCH' is not one that Dapr supports"},
           Case{encode(JobEvent{.name = bad}), "the job's name is not valid UTF-8"},
       }) {
    ASSERT_FALSE(c.bytes) << c.message;
    EXPECT_EQ(c.bytes.error().code(), Code::kInvalidArgument);
    EXPECT_EQ(c.bytes.error().message(), c.message);
  }
  ::dapr::proto::common::v1::InvokeRequest unknown;
  unknown.mutable_http_extension()->set_verb(
      static_cast<::dapr::proto::common::v1::HTTPExtension_Verb>(77));
  EXPECT_EQ(decode_on_invoke(unknown.SerializeAsString()).error().message(),
            "the call's verb is not one that Dapr has");
}

std::string event_of(std::string_view type_url, const std::string& value) {
  pb::JobEventRequest message;
  message.set_name("nightly");
  message.mutable_data()->set_type_url(std::string(type_url));
  message.mutable_data()->set_value(value);
  return message.SerializeAsString();
}

TEST(InvokeCodecTest, AJobBringsItsBytesOrItsJson) {
  const std::string url = "type.googleapis.com/google.protobuf.Value";
  Value all;
  auto& fields = *all.mutable_struct_value()->mutable_fields();
  fields["b"].set_number_value(2);
  fields["a"].set_string_value("x\"");
  fields["c"].mutable_list_value()->add_values()->set_bool_value(true);
  fields["d"].set_number_value(1.5);
  fields["e"].set_null_value(ofn::well_known::NULL_VALUE);
  fields["f"].set_number_value(std::numeric_limits<double>::infinity());
  struct Case {
    std::string_view name;
    std::string bytes;
    std::string data;
  };
  for (const Case& c : {
           Case{"bytes", event_of("", kBytes), kBytes},
           Case{"of another type", event_of("type.googleapis.com/x.Y", kBytes), kBytes},
           Case{"JSON", event_of(url, all.SerializeAsString()),
                R"({"a":"x\"","b":2,"c":[true],"d":1.5,"e":null,"f":null})"},
           Case{"nothing", event_of(url, ""), "null"},
           Case{"as our end sends it", *encode(JobEvent{.name = "nightly", .data = kBytes}),
                kBytes},
       }) {
    const auto event = decode_job_event(c.bytes);
    ASSERT_TRUE(event) << c.name;
    EXPECT_EQ(event->name, "nightly") << c.name;
    EXPECT_EQ(event->data, c.data) << c.name;
    for (std::size_t cut = 0; cut < c.bytes.size(); ++cut)
      (void)decode_job_event(std::string_view(c.bytes).substr(0, cut));
  }
  EXPECT_FALSE(decode_job_event(event_of(url, "\xff\xff")));
}

TEST(InvokeCodecTest, AStatusHasDaprsDetails) {
  const std::string body = std::string(62, 'x') + "é and more";
  ofn::rpc::Status status;
  ASSERT_TRUE(status.ParseFromString(encode_status_details(Code::kNotFound, "gone", 404, body)));
  EXPECT_EQ(status.code(), 5);
  EXPECT_EQ(status.message(), "gone");
  ASSERT_EQ(status.details_size(), 1);
  EXPECT_EQ(status.details(0).type_url(), "type.googleapis.com/google.rpc.ErrorInfo");
  ofn::rpc::ErrorInfo info;
  ASSERT_TRUE(info.ParseFromString(status.details(0).value()));
  EXPECT_EQ(info.reason(), "Not Found");
  EXPECT_EQ(info.domain(), "dapr.io");
  EXPECT_EQ(info.metadata().at("http.code"), "404");
  EXPECT_EQ(info.metadata().at("http.error_message"), std::string(62, 'x'));
}

}  // namespace
}  // namespace ofn::dapr
