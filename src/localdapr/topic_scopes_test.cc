#include "localdapr/topic_scopes.h"

#include <gtest/gtest.h>

namespace ofn::localdapr {
namespace {

// Results as of dapr 1.16's IsOperationAllowed.
TEST(TopicScopes, AsInDapr) {
  struct Case {
    std::vector<Header> properties;
    std::string topic;
    bool may_publish;
    bool may_subscribe;
  };
  for (const Case& c : {
           Case{{}, "t", true, true},
           Case{{{"allowedTopics", "t"}}, "t", true, true},
           Case{{{"ALLOWEDTOPICS", " t , u "}}, "u", true, true},
           Case{{{"allowedTopics", "t"}}, "T", false, false},
           Case{{{"allowedTopics", ""}}, "x", true, true},
           Case{{{"allowedTopics", " "}}, "x", true, true},
           Case{{{"protectedTopics", "t"}}, "t", false, false},
           Case{{{"protectedTopics", "t"}}, "u", true, true},
           Case{{{"protectedTopics", "t"}, {"publishingScopes", "app=t"}}, "t", true, false},
           Case{{{"publishingScopes", "app=t"}}, "t", true, true},
           Case{{{"publishingScopes", "app=t"}}, "u", false, true},
           Case{{{"publishingScopes", "other=t"}}, "u", true, true},
           Case{{{"publishingScopes", "app="}}, "u", false, true},
           Case{{{"publishingScopes", "app"}}, "u", true, true},
           Case{{{"publishingScopes", "app=t=u"}}, "u", false, true},
           Case{{{"publishingScopes", "app=t;app=u"}}, "u", true, true},
           Case{{{"subscriptionScopes", "other=t; app = t , u"}}, "u", true, true},
           Case{{{"subscriptionScopes", "app=t"}}, "u", true, false},
           Case{{{"allowedTopics", "t"}, {"publishingScopes", "app=u"}}, "u", false, false},
       }) {
    Component component;
    component.properties = c.properties;
    const TopicScopes scopes(component, "app");
    const std::string where =
        c.properties.empty() ? "" : c.properties[0].name + c.properties[0].value;
    EXPECT_EQ(scopes.may_publish(c.topic), c.may_publish) << where << " " << c.topic;
    EXPECT_EQ(scopes.may_subscribe(c.topic), c.may_subscribe) << where << " " << c.topic;
  }
}

}  // namespace
}  // namespace ofn::localdapr
