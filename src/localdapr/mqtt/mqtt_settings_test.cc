#include "localdapr/mqtt/mqtt_settings.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "localdapr/mqtt/component_for_test.h"

namespace ofn::localdapr {
namespace {

using namespace std::chrono_literals;
using Transport = MqttBroker::Transport;

constexpr const char* kPem = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n";

TEST(MqttSettings, ReadsAUrl) {
  struct Case {
    std::string url;
    Transport transport;
    std::string host;
    int port;
    std::string user;
    std::string password;
  };
  const std::vector<Case> cases = {
      {"mqtt://h:1883", Transport::kPlain, "h", 1883, "", ""},
      {"tcp://h:1883/ignored?x#y", Transport::kPlain, "h", 1883, "", ""},
      {"TCP://h:1", Transport::kPlain, "h", 1, "", ""},
      {"mqtts://h:8883", Transport::kTls, "h", 8883, "", ""},
      {"ssl://h:8883", Transport::kTls, "h", 8883, "", ""},
      {"tls://h:8883", Transport::kTls, "h", 8883, "", ""},
      {"tcps://h:8883", Transport::kTls, "h", 8883, "", ""},
      {"mqtt+ssl://h:8883", Transport::kTls, "h", 8883, "", ""},
      {"mqtt://[::1]:1883", Transport::kPlain, "::1", 1883, "", ""},
      {"mqtt://ada@h:1883", Transport::kPlain, "h", 1883, "ada", ""},
      {"mqtt://ada:p%40ss:word@h:1883", Transport::kPlain, "h", 1883, "ada", "p@ss:word"},
      {"mqtt://a@b:c@h:1883", Transport::kPlain, "h", 1883, "a@b", "c"},
  };
  for (const Case& given : cases) {
    const auto settings = mqtt_binding_settings(binding_with("url", given.url));
    ASSERT_TRUE(settings) << given.url;
    EXPECT_EQ(settings->broker.transport, given.transport) << given.url;
    EXPECT_EQ(settings->broker.host, given.host) << given.url;
    EXPECT_EQ(settings->broker.port, given.port) << given.url;
    EXPECT_EQ(settings->broker.user, given.user) << given.url;
    EXPECT_EQ(settings->broker.password, given.password) << given.url;
  }
}

TEST(MqttSettings, RefusesAUrlWithoutRepeatingIt) {
  for (const std::string url : {"secret", "localhost:1883", "ws://secret@h:80", "unix:///secret",
                                "mqtt://h", "mqtt://:1883", "mqtt://h:0", "mqtt://h:65536",
                                "mqtt://h:18x", "mqtt://h:", "mqtt://secret%4@h:1",
                                "mqtt://secret%zz@h:1", "mqtt://secret:%-1@h:1", "mqtt://[]:1"}) {
    const auto settings = mqtt_binding_settings(binding_with("url", url));
    ASSERT_FALSE(settings) << url;
    EXPECT_THAT(settings.error().message(), ::testing::StartsWith("url is not a broker's address"))
        << url;
    EXPECT_THAT(settings.error().text(), ::testing::Not(::testing::HasSubstr("secret"))) << url;
  }
}

TEST(MqttSettings, SaysWhatDaprdSays) {
  struct Case {
    std::string property;
    std::string value;
    std::string binding;  // empty if there is no error
    std::string pubsub;
  };
  const std::vector<Case> cases = {
      {"url", "", "missing url", "missing url"},
      {"topic", "", "missing topic", ""},
      {"consumerID", "", "missing consumerID", ""},
      {"caCert", "x", "invalid ca certificate", "invalid TLS configuration: invalid caCert"},
      {"clientCert", "x", "invalid client certificate",
       "invalid TLS configuration: invalid clientCert"},
      {"clientKey", "x", "invalid client certificate key",
       "invalid TLS configuration: invalid clientKey"},
      {"caCert", kPem, "", ""},
      {"qos", "x", "",
       "mqtt pubsub error: 1 error(s) decoding:\n\n* cannot parse 'qos' as uint: "
       "strconv.ParseUint: parsing \"x\": invalid syntax"},
      {"qos", "3", "", "invalid qos 3; expected 0, 1 or 2"},
      {"qos", "2", "", ""},
      {"backOffMaxRetries", "-1", "", ""},
      {"backOffMaxRetries", "x",
       "1 error(s) decoding:\n\n* cannot parse 'backOffMaxRetries' as int: strconv.ParseInt: "
       "parsing \"x\": invalid syntax",
       ""},
  };
  const auto words = [](const Result<MqttSettings>& settings) {
    return settings ? std::string() : settings.error().message();
  };
  for (const Case& given : cases) {
    const Component with = binding_with(given.property, given.value);
    EXPECT_EQ(words(mqtt_binding_settings(with)), given.binding) << given.property << given.value;
    EXPECT_EQ(words(mqtt_pubsub_settings(with, "app")), given.pubsub)
        << given.property << given.value;
  }
}

// Topics that the library would cut at a NUL, or for which a broker ends the connection, are
// refused at the call.
TEST(MqttSettings, TopicsThatMqttDoesNotHave) {
  struct Case {
    std::string topic;
    bool publish;
    bool subscribe;
  };
  const std::string longest(65'535, 'a');
  for (const Case& c : {
           Case{"a", true, true},
           Case{"/", true, true},
           Case{"a/\xc3\xbc b", true, true},
           Case{longest, true, true},
           Case{longest + "a", false, false},
           Case{"", false, false},
           Case{std::string("\0", 1), false, false},
           Case{std::string("a\0b", 3), false, false},
           Case{"a\xff", false, false},
           Case{"a\xed\xa0\x80", false, false},
           Case{"a\n", false, false},
           Case{"a\x7f", false, false},
           Case{"a\xc2\x85", false, false},
           Case{std::string(200, '/'), true, true},
           Case{std::string(201, '/'), false, false},
           Case{"#", false, true},
           Case{"+", false, true},
           Case{"a/+/b", false, true},
           Case{"a/#", false, true},
           Case{"+/+", false, true},
           Case{"$share/g/a/+", false, true},
           Case{"a#", false, false},
           Case{"#/a", false, false},
           Case{"a+", false, false},
           Case{"+a", false, false},
           Case{"a/+b/c", false, false},
       }) {
    const auto published = check_mqtt_topic(c.topic, TopicUse::kPublish);
    EXPECT_EQ(published.has_value(), c.publish) << c.topic.substr(0, 20);
    EXPECT_EQ(check_mqtt_topic(c.topic, TopicUse::kSubscribe).has_value(), c.subscribe)
        << c.topic.substr(0, 20);
    if (!published) {
      EXPECT_LT(published.error().message().size(), 200U);
    }
  }
}

TEST(MqttSettings, HasDaprdsDefaults) {
  const auto binding = mqtt_binding_settings(binding_with("qos", "0"));
  EXPECT_EQ(binding->qos, 1);
  EXPECT_FALSE(binding->retain);
  EXPECT_FALSE(binding->broker.clean_session);
  EXPECT_EQ(binding->topic, "t");
  const auto pubsub = mqtt_pubsub_settings(
      component({{"URL", "mqtt://h:1"}, {"retain", "yes"}, {"cleanSession", "true"}}), "app");
  EXPECT_EQ(pubsub->qos, 1);
  EXPECT_EQ(pubsub->consumer_id, "app");
  EXPECT_TRUE(pubsub->retain);
  EXPECT_TRUE(pubsub->broker.clean_session);
}

}  // namespace
}  // namespace ofn::localdapr
