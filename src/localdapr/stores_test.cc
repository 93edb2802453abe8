#include "localdapr/stores.h"

#include <memory>
#include <sqlite3.h>
#include <testing/manual_clock.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "localdapr/memory/memory_state.h"
#include "localdapr/secrets/secret_file.h"
#include "localdapr/sqlite/sqlite_state.h"
#include "testing/temporary_directory.h"

namespace ofn::localdapr {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

std::string text(const Error& error) {
  return std::string(code_name(error.code())) + " " + error.message();
}
template <class T>
std::string outcome(const Result<T>& result) {
  return result ? "ok" : text(result.error());
}

// Every state store gives the same guarantees; `mismatch` has the difference.
class StoresTest : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override { open(); }

  void open() {
    stores_ = std::make_unique<Stores>("app");
    Component component;
    component.name = "cart";
    component.type = GetParam();
    component.properties = {{"connectionString", (temporary_.path() / "state.db").string()}};
    std::unique_ptr<StateStore> store;
    if (GetParam() == "state.in-memory") {
      store = std::make_unique<MemoryState>(clock_);
    } else {
      auto made = SqliteState::create(component, clock_);
      ASSERT_TRUE(made) << made.error().text();
      store = *std::move(made);
    }
    ASSERT_TRUE(stores_->add(component, std::move(store)));
  }

  StateValue get(std::string key) {
    const auto value = stores_->get({.store = "cart", .key = std::move(key)});
    return value ? *value : StateValue{.error = value.error().text()};
  }
  std::string save(StateItem item) {
    return outcome(stores_->save({.store = "cart", .items = {std::move(item)}}));
  }
  std::string remove(StateItem item) {
    return outcome(stores_->remove({.store = "cart", .item = std::move(item)}));
  }

  TemporaryDirectory temporary_;
  ofn::testing::ManualClock clock_;
  std::unique_ptr<Stores> stores_;
};

INSTANTIATE_TEST_SUITE_P(All, StoresTest, ::testing::Values("state.in-memory", "state.sqlite"),
                         [](const auto& type) {
                           return type.param == "state.sqlite" ? "Sqlite" : "Memory";
                         });

TEST_P(StoresTest, KeepsBytesAndVersions) {
  const std::string bytes("\0\xff'\"", 4);
  EXPECT_EQ(get("k").etag, "");
  EXPECT_EQ(save({.key = "k", .value = bytes}), "ok");
  const StateValue first = get("k");
  EXPECT_EQ(first.data, bytes);
  EXPECT_NE(first.etag, "");
  EXPECT_EQ(save({.key = "k", .value = ""}), "ok");
  EXPECT_EQ(get("k").data, "");
  EXPECT_NE(get("k").etag, first.etag);
  EXPECT_EQ(remove({.key = "k"}), "ok");
  EXPECT_EQ(get("k").etag, "");
  EXPECT_EQ(remove({.key = "k"}), "ok");
}

TEST_P(StoresTest, RefusesAnEtagThatDoesNotMatch) {
  const auto mismatch = HasSubstr("possible etag mismatch. error from state store");
  EXPECT_THAT(save({.key = "k", .value = "1", .etag = "no"}),
              ::testing::AllOf(mismatch, ::testing::StartsWith("ABORTED failed saving state in "
                                                               "state store cart: ")));
  EXPECT_EQ(save({.key = "k", .value = "1", .etag = ""}), "ok");
  const std::string etag = get("k").etag;
  EXPECT_THAT(save({.key = "k", .value = "2", .etag = "no"}), mismatch);
  EXPECT_EQ(save({.key = "k", .value = "2", .etag = etag}), "ok");
  EXPECT_THAT(save({.key = "k", .value = "3", .etag = etag}), mismatch);
  EXPECT_THAT(remove({.key = "k", .etag = etag}),
              ::testing::AllOf(
                  mismatch, ::testing::StartsWith("ABORTED failed deleting state with key k: ")));
  EXPECT_EQ(get("k").data, "2");
  EXPECT_EQ(remove({.key = "k", .etag = get("k").etag}), "ok");
}

TEST_P(StoresTest, FirstWriteWins) {
  EXPECT_EQ(save({.key = "k", .value = "1", .concurrency = Concurrency::kFirstWrite}), "ok");
  EXPECT_THAT(save({.key = "k", .value = "2", .concurrency = Concurrency::kFirstWrite}),
              HasSubstr("ABORTED"));
  EXPECT_EQ(save({.key = "k", .value = "3", .concurrency = Concurrency::kLastWrite}), "ok");
  EXPECT_EQ(get("k").data, "3");
}

TEST_P(StoresTest, ForgetsWhatHasExpired) {
  EXPECT_EQ(save({.key = "k", .value = "1", .metadata = {{"ttlInSeconds", "10"}}}), "ok");
  const StateValue value = get("k");
  ASSERT_EQ(value.metadata.size(), 1U);
  EXPECT_EQ(value.metadata[0].name, "ttlExpireTime");
  EXPECT_EQ(value.metadata[0].value.size(), 20U);
  clock_.advance(9s);
  EXPECT_EQ(get("k").data, "1");
  clock_.advance(2s);
  EXPECT_EQ(get("k").etag, "");
  EXPECT_THAT(save({.key = "k", .value = "2", .etag = value.etag}), HasSubstr("ABORTED"));
  EXPECT_EQ(save({.key = "k", .value = "2", .concurrency = Concurrency::kFirstWrite}), "ok");
  EXPECT_TRUE(get("k").metadata.empty());
  EXPECT_THAT(save({.key = "k", .metadata = {{"ttlInSeconds", "soon"}}}),
              HasSubstr(R"(parsing "soon": invalid syntax)"));
}

TEST_P(StoresTest, DoesAllOfATransactionOrNothing) {
  EXPECT_EQ(save({.key = "gone", .value = "1"}), "ok");
  const auto transact = [this](std::vector<StateOperation> operations) {
    return outcome(stores_->transact({.store = "cart", .operations = std::move(operations)}));
  };
  EXPECT_THAT(transact({{"upsert", {.key = "a", .value = "1"}},
                        {"delete", {.key = "gone"}},
                        {"upsert", {.key = "b", .value = "1", .etag = "no"}}}),
              ::testing::StartsWith("INTERNAL error while executing state transaction: possible"));
  EXPECT_EQ(get("a").etag, "");
  EXPECT_EQ(get("gone").data, "1");
  EXPECT_EQ(transact({{"upsert", {.key = "a", .value = "1"}}, {"delete", {.key = "gone"}}}), "ok");
  EXPECT_EQ(get("a").data, "1");
  EXPECT_EQ(get("gone").etag, "");
  EXPECT_EQ(transact({}), "ok");
  EXPECT_EQ(transact({{"merge", {.key = "a"}}}),
            "UNIMPLEMENTED operation type merge not supported");
}

TEST_P(StoresTest, SavesTheOthersWhenOneFails) {
  EXPECT_THAT(outcome(stores_->save({.store = "cart",
                                     .items = {{.key = "b", .value = "2", .etag = "no"},
                                               {.key = "a", .value = "1"}}})),
              ::testing::StartsWith("ABORTED failed saving state in state store cart: possible"));
  EXPECT_EQ(get("a").data, "1");
  EXPECT_EQ(get("b").etag, "");
}

TEST_P(StoresTest, ReadsAndDeletesManyKeys) {
  EXPECT_EQ(
      outcome(stores_->save(
          {.store = "cart", .items = {{.key = "a", .value = "1"}, {.key = "b", .value = "2"}}})),
      "ok");
  auto values = stores_->get_bulk({.store = "cart", .keys = {"b", "none", "a"}});
  ASSERT_TRUE(values);
  ASSERT_EQ(values->size(), 3U);
  EXPECT_EQ((*values)[0].key, "b");
  EXPECT_EQ((*values)[0].data, "2");
  EXPECT_EQ((*values)[1].etag, "");
  EXPECT_EQ(outcome(stores_->remove_bulk({.store = "cart", .items = {{.key = "a"}, {.key = "b"}}})),
            "ok");
  EXPECT_EQ(get("a").etag, "");
  EXPECT_TRUE(stores_->get_bulk({.store = "cart", .keys = {}})->empty());
}

TEST_P(StoresTest, ReencodesWhatIsDeclaredAsJson) {
  EXPECT_EQ(save({.key = "k",
                  .value = R"({"b":1.0, "a":"<"})",
                  .metadata = {{"contentType", "application/json"}}}),
            "ok");
  EXPECT_EQ(get("k").data, R"({"a":"\u003c","b":1})");
  EXPECT_EQ(save({.key = "k", .value = "{", .metadata = {{"contentType", "application/json"}}}),
            "UNKNOWN the value is declared as JSON but is not JSON");
}

TEST_P(StoresTest, SqliteOutlivesTheProgram) {
  if (GetParam() != "state.sqlite") return;
  EXPECT_EQ(save({.key = "k", .value = "kept"}), "ok");
  stores_.reset();
  open();
  EXPECT_EQ(get("k").data, "kept");
}

TEST(StoresWordsTest, RefusesInDaprdsWords) {
  ofn::testing::ManualClock clock;
  Stores stores("app");
  EXPECT_EQ(outcome(stores.get({.store = "s"})),
            "FAILED_PRECONDITION state store s is not configured");
  EXPECT_EQ(outcome(stores.secret({.store = "s"})),
            "FAILED_PRECONDITION secret store is not configured");
  Component component;
  component.name = "cart";
  ASSERT_TRUE(stores.add(component, std::make_unique<MemoryState>(clock)));
  EXPECT_EQ(outcome(stores.get({.store = "s"})), "INVALID_ARGUMENT state store s is not found");
  EXPECT_EQ(outcome(stores.get({.store = "cart", .key = "a||b"})),
            "INVALID_ARGUMENT input key/keyPrefix 'a||b' can't contain '||'");
  EXPECT_EQ(outcome(stores.save({.store = "cart", .items = {{}}})),
            "INVALID_ARGUMENT state key cannot be empty");
  component.properties = {{"keyPrefix", "a||b"}};
  EXPECT_EQ(outcome(stores.add(component, std::make_unique<MemoryState>(clock))),
            "INVALID_ARGUMENT input key/keyPrefix 'a||b' can't contain '||'");
}

TEST(StoresWordsTest, NamesKeysAsDaprdDoes) {
  struct Case {
    std::string strategy;
    std::string stored;
  };
  for (const Case& c : {Case{"", "app||k"}, Case{"appid", "app||k"}, Case{"Name", "cart||k"},
                        Case{"none", "k"}, Case{"mine", "mine||k"}, Case{"namespace", "app||k"}}) {
    ofn::testing::ManualClock clock;
    auto store = std::make_unique<MemoryState>(clock);
    MemoryState& inside = *store;
    Stores stores("app");
    Component component;
    component.name = "cart";
    component.properties = {{"keyPrefix", c.strategy}};
    ASSERT_TRUE(stores.add(component, std::move(store)));
    ASSERT_TRUE(stores.save({.store = "cart", .items = {{.key = "k", .value = "1"}}}));
    EXPECT_NE(inside.get(c.stored)->etag, "") << c.strategy;
  }
}

TEST(SqliteStateTest, SaysWhatIsWrongWithItsProperties) {
  ofn::testing::ManualClock clock;
  const TemporaryDirectory folder;
  struct Case {
    std::vector<Header> properties;
    std::string message;
  };
  for (const Case& c : {
           Case{{}, "missing connection string"},
           Case{{{"connectionString", ":memory:"}, {"tableName", "a b"}},
                "invalid identifier: a b"},
           Case{{{"connectionString", ":memory:"}, {"cleanupInterval", "often"}},
                "cleanupInterval is not a duration such as 1h or 30s"},
           Case{{{"connectionString", (folder.path() / "none/x.db").string()}},
                "failed to open the database: unable to open database file"},
       }) {
    Component component;
    component.properties = c.properties;
    const auto made = SqliteState::create(component, clock);
    ASSERT_FALSE(made) << c.message;
    EXPECT_EQ(made.error().message(), c.message);
  }
}

// As in daprd: then no rows are removed, which does not change what is read.
TEST(SqliteStateTest, AnIntervalThatIsNotAboveZeroIsNone) {
  struct Case {
    std::string interval;
    int kept;
  };
  for (const Case& c : {Case{"1h", 1}, Case{"0", 2}, Case{"-1", 2}, Case{"-5m", 2}}) {
    ofn::testing::ManualClock clock;
    const TemporaryDirectory folder;
    const std::string path = (folder.path() / "x.db").string();
    Component component;
    component.properties = {{"connectionString", path}, {"cleanupInterval", c.interval}};
    const auto made = SqliteState::create(component, clock);
    ASSERT_TRUE(made) << c.interval << ": " << made.error().text();
    ASSERT_TRUE((*made)->set(
        {.key = "old", .value = "1", .etag = {}, .metadata = {{"ttlInSeconds", "1"}}}));
    clock.advance(2h);
    ASSERT_TRUE((*made)->set({.key = "new", .value = "1", .etag = {}, .metadata = {}}));
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(path.c_str(), &database), SQLITE_OK);
    int rows = 0;
    const auto count = [](void* seen, int /*columns*/, char** /*values*/, char** /*names*/) {
      ++*static_cast<int*>(seen);
      return 0;
    };
    EXPECT_EQ(sqlite3_exec(database, "SELECT key FROM state", count, &rows, nullptr), SQLITE_OK);
    sqlite3_close(database);
    EXPECT_EQ(rows, c.kept) << c.interval;
  }
}

class SecretFileTest : public ::testing::Test {
 protected:
  Result<SecretFile> open(const std::string& json, std::vector<Header> properties = {}) {
    temporary_.write("secrets.json", json);
    Component component;
    component.properties = std::move(properties);
    component.properties.push_back({"secretsFile", (temporary_.path() / "secrets.json").string()});
    return SecretFile::create(component);
  }
  static std::string entries(const Result<Secret>& secret) {
    if (!secret) return text(secret.error());
    std::string all;
    for (const Header& entry : secret->entries) all += entry.name + "=" + entry.value + ";";
    return all;
  }
  TemporaryDirectory temporary_;
};

TEST_F(SecretFileTest, FlattensWhatIsNested) {
  const auto store =
      open(R"({"key":"1","db":{"password":"p","hosts":["a","b"],"deep":{"n":1.5,"b":true}}})");
  ASSERT_TRUE(store);
  EXPECT_EQ(entries(store->get("key")), "key=1;");
  EXPECT_EQ(entries(store->get("db:password")), "db:password=p;");
  EXPECT_EQ(entries(store->get("db:hosts:1")), "db:hosts:1=b;");
  EXPECT_EQ(entries(store->get("db:deep:n")), "db:deep:n=%!s(float64=1.5);");
  EXPECT_EQ(entries(store->get("db:deep:b")), "db:deep:b=%!s(bool=true);");
  EXPECT_EQ(entries(store->get("db")), "NOT_FOUND secret db not found");
  EXPECT_EQ(store->all().size(), 6U);
}

TEST_F(SecretFileTest, TakesItsSeparatorAndManyValues) {
  EXPECT_EQ(
      entries(open(R"({"db":{"password":"p"}})", {{"nestedSeparator", "/"}})->get("db/password")),
      "db/password=p;");
  const auto multi =
      open(R"({"one":"1","db":{"user":"u","in":{"x":"y"}}})", {{"multiValued", "true"}});
  ASSERT_TRUE(multi);
  EXPECT_EQ(entries(multi->get("one")), "one=1;");
  EXPECT_EQ(entries(multi->get("db")), "in:x=y;user=u;");
}

TEST_F(SecretFileTest, SaysWhatIsWrongAndNotTheSecret) {
  for (const std::string& json : {std::string("s3cret"), std::string(R"(["s3cret"])"),
                                  std::string(R"({"a":"s3cret")"), std::string()}) {
    const auto store = open(json);
    ASSERT_FALSE(store);
    EXPECT_THAT(store.error().text(), HasSubstr("secretsFile is not a JSON object"));
    EXPECT_THAT(store.error().text(), ::testing::Not(HasSubstr("s3cret")));
  }
  Component component;
  EXPECT_EQ(SecretFile::create(component).error().message(),
            "missing local secrets file in metadata (secretsFile)");
  component.properties = {{"secretsFile", (temporary_.path() / "none").string()}};
  EXPECT_EQ(SecretFile::create(component).error().message(),
            "secretsFile cannot be opened: No such file or directory");
}

}  // namespace
}  // namespace ofn::localdapr
