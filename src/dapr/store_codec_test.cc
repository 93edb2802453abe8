#include "dapr/store_codec.h"

#include <gtest/gtest.h>

namespace ofn::dapr {
namespace {

const std::string kBytes("\0\xff{}", 4);

// A call decodes to the same values at the other end, and no prefix of its bytes crashes the
// program.
template <class Call, class Decode>
void check_round_trip(const Call& call, Decode decode) {
  const Result<std::string> bytes = encode(call);
  ASSERT_TRUE(bytes) << bytes.error().text();
  auto arrived = decode(*bytes);
  ASSERT_TRUE(arrived) << arrived.error().text();
  EXPECT_EQ(encode(*arrived), *bytes);
  for (std::size_t cut = 0; cut < bytes->size(); ++cut) {
    const auto part = decode(std::string_view(*bytes).substr(0, cut));
    EXPECT_TRUE(part || part.error().code() == Code::kInternal);
  }
}

template <class Reply, class Decode>
void check_answer(const Reply& reply, Decode decode) {
  const std::string bytes = encode(reply);
  const auto arrived = decode(bytes);
  ASSERT_TRUE(arrived) << arrived.error().text();
  EXPECT_EQ(encode(*arrived), bytes);
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
    (void)decode(std::string_view(bytes).substr(0, cut));
  }
}

const StateItem kItem{.key = "k",
                      .value = kBytes,
                      .etag = "e1",
                      .metadata = {{"ttlInSeconds", "5"}},
                      .concurrency = Concurrency::kFirstWrite,
                      .consistency = Consistency::kStrong};
// An empty etag differs from a missing one.
const StateItem kEmptyEtag{.key = "k", .etag = ""};
const StateItem kBare{.key = "k2", .value = "v"};

TEST(StoreCodecTest, CallsArriveAsTheyWereMade) {
  check_round_trip(GetState{.store = "s",
                            .key = "k",
                            .consistency = Consistency::kEventual,
                            .metadata = {{"a", "b"}}},
                   decode_get_state);
  check_round_trip(
      GetBulkState{.store = "s", .keys = {"a", "", "b"}, .parallelism = 3, .metadata = {{"a", ""}}},
      decode_get_bulk_state);
  check_round_trip(StateItems{.store = "s", .items = {kItem, kEmptyEtag, kBare}},
                   decode_state_items);
  StateItem gone = kItem;
  gone.value.clear();
  check_round_trip(DeleteState{.store = "s", .item = gone}, decode_delete_state);
  check_round_trip(
      StateTransaction{.store = "s", .operations = {{"upsert", kItem}, {"delete", kEmptyEtag}}},
      decode_state_transaction);
  check_round_trip(GetSecret{.store = "s", .key = "k", .metadata = {{"version", "1"}}},
                   decode_get_secret);
  check_round_trip(GetBulkSecret{.store = "s"}, decode_get_bulk_secret);
}

TEST(StoreCodecTest, EveryFieldOfAnItemArrives) {
  const auto call = decode_state_items(*encode(StateItems{.store = "s", .items = {kItem, kBare}}));
  ASSERT_TRUE(call);
  EXPECT_EQ(call->store, "s");
  ASSERT_EQ(call->items.size(), 2U);
  const StateItem& item = call->items[0];
  EXPECT_EQ(item.key, "k");
  EXPECT_EQ(item.value, kBytes);
  EXPECT_EQ(item.etag, "e1");
  EXPECT_EQ(item.concurrency, Concurrency::kFirstWrite);
  EXPECT_EQ(item.consistency, Consistency::kStrong);
  ASSERT_EQ(item.metadata.size(), 1U);
  EXPECT_EQ(item.metadata[0].name, "ttlInSeconds");
  EXPECT_FALSE(call->items[1].etag);
  EXPECT_EQ(call->items[1].concurrency, Concurrency::kUnspecified);
}

TEST(StoreCodecTest, AnswersArriveAsTheyWereGiven) {
  check_answer(StateValue{.data = kBytes, .etag = "e", .metadata = {{"ttlExpireTime", "x"}}},
               decode_state_value);
  check_answer(
      std::vector<StateValue>{{.key = "a", .data = "1", .etag = "e"}, {.key = "b", .error = "no"}},
      decode_bulk_state);
  check_answer(Secret{.entries = {{"name", "value"}}}, decode_secret);
  check_answer(std::vector<Secret>{{.name = "db", .entries = {{"password", "p"}}}},
               decode_bulk_secret);
}

TEST(StoreCodecTest, NamesTheTextThatIsNotUtf8) {
  struct Case {
    Result<std::string> bytes;
    std::string_view message;
  };
  const std::string bad("\xff");
  for (const Case& c : {
           Case{encode(GetState{.store = bad}), "the store's name is not valid UTF-8"},
           Case{encode(GetBulkState{.keys = {bad}}), "a key is not valid UTF-8"},
           Case{encode(StateItems{.items = {{.key = bad}}}), "the key is not valid UTF-8"},
           Case{encode(StateItems{.items = {{.etag = bad}}}), "the etag is not valid UTF-8"},
           Case{encode(DeleteState{.item = {.metadata = {{"a", bad}}}}),
                "the value of metadata 'a' is not valid UTF-8"},
           Case{encode(GetSecret{.key = bad}), "the secret's name is not valid UTF-8"},
       }) {
    ASSERT_FALSE(c.bytes) << c.message;
    EXPECT_EQ(c.bytes.error().code(), Code::kInvalidArgument);
    EXPECT_EQ(c.bytes.error().message(), c.message);
  }
}

TEST(StoreCodecTest, LeavesOutOfAnAnswerWhatCannotTravel) {
  const auto secret = decode_secret(encode(Secret{.entries = {{"bad", "\xff"}, {"good", "1"}}}));
  ASSERT_TRUE(secret);
  ASSERT_EQ(secret->entries.size(), 1U);
  EXPECT_EQ(secret->entries[0].name, "good");
}

}  // namespace
}  // namespace ofn::dapr
