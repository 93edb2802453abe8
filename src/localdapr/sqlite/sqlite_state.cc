#include "localdapr/sqlite/sqlite_state.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <span>
#include <sqlite3.h>
#include <utility>

#include "base/base64.h"
#include "base/random.h"
#include "localdapr/go/go_json.h"
#include "localdapr/go/rfc3339.h"

namespace ofn::localdapr {
namespace {

// One prepared statement with its values. SQLite copies the values.
class Statement {
 public:
  Statement(sqlite3* database, const std::string& sql) : database_(database) {
    sqlite3_prepare_v2(database, sql.c_str(), static_cast<int>(sql.size()), &statement_, nullptr);
  }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  ~Statement() { sqlite3_finalize(statement_); }

  Statement& bind(std::string_view text) {
    sqlite3_bind_text64(statement_, ++bound_, text.data(), text.size(),
                        SQLITE_TRANSIENT,  // NOLINT: SQLite's own macro is an old cast
                        SQLITE_UTF8);
    return *this;
  }
  Statement& bind(std::int64_t number) {
    sqlite3_bind_int64(statement_, ++bound_, number);
    return *this;
  }
  Statement& bind_null() {
    sqlite3_bind_null(statement_, ++bound_);
    return *this;
  }

  // Returns true if there is a (further) row. Errors: SQLite's message.
  Result<bool> step() {
    const int code = statement_ == nullptr ? SQLITE_ERROR : sqlite3_step(statement_);
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    return fail(Code::kInternal, sqlite3_errmsg(database_));
  }
  std::string text(int column) const {
    const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_, column));
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
    return data == nullptr ? std::string() : std::string(data, size);
  }
  std::int64_t number(int column) const { return sqlite3_column_int64(statement_, column); }
  bool is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

 private:
  sqlite3* database_;
  sqlite3_stmt* statement_ = nullptr;
  int bound_ = 0;
};

bool is_identifier(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

// Returns nullopt if there is none.
Result<std::optional<std::int64_t>> time_to_live(const StateItem& item) {
  const std::string_view text = metadata_value(item, "ttlInSeconds");
  if (text.empty()) return std::nullopt;
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  const std::string_view before =
      "error parsing TTL: incorrect value for metadata 'ttlInSeconds': ";
  std::string message(before);
  if (error != std::errc() || end != text.data() + text.size()) {
    message += "strconv.ParseInt: parsing ";
    append_go_json(message, text);
    return fail(Code::kInternal, message + ": invalid syntax");
  }
  if (seconds < -1 || seconds > std::numeric_limits<std::int32_t>::max()) {
    return fail(Code::kInternal, message + "must be -1 or greater");
  }
  return seconds > 0 ? std::optional(seconds) : std::nullopt;
}

// Times are stored in the form of CURRENT_TIMESTAMP, so that daprd can read them.
constexpr std::string_view kAlive =
    " AND (expiration_time IS NULL OR expiration_time > datetime(?, 'unixepoch'))";

}  // namespace

Result<std::unique_ptr<StateStore>> SqliteState::create(const Component& component,
                                                        const Clock& clock) {
  std::unique_ptr<SqliteState> state(new SqliteState(clock));
  if (auto opened = state->open(component); !opened) {
    return std::unexpected(std::move(opened.error()));
  }
  return state;
}

SqliteState::~SqliteState() { sqlite3_close(database_); }

Result<void> SqliteState::open(const Component& component) {
  const std::string path(
      component.property("connectionString").value_or(component.property("url").value_or("")));
  if (path.empty()) return fail(Code::kInvalidArgument, "missing connection string");
  table_ = component.property("tableName").value_or("state");
  const std::string metadata_table(component.property("metadataTableName").value_or("metadata"));
  for (const std::string& name : {table_, metadata_table}) {
    if (!is_identifier(name)) return fail(Code::kInvalidArgument, "invalid identifier: " + name);
  }
  if (const auto text = component.property("cleanupInterval")) {
    const bool is_negative = text->starts_with('-');
    const auto interval = go_duration(is_negative ? text->substr(1) : *text);
    if (!interval) {
      return fail(Code::kInvalidArgument, "cleanupInterval is not a duration such as 1h or 30s");
    }
    cleanup_interval_ = is_negative ? Duration::zero() : Duration(*interval);
  }
  Duration busy = std::chrono::seconds(2);  // as in daprd
  if (const auto text = component.property("busyTimeout")) {
    busy = go_duration(*text).value_or(busy);
  }

  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_URI;
  if (sqlite3_open_v2(path.c_str(), &database_, flags, nullptr) != SQLITE_OK) {
    return fail(Code::kInvalidArgument, "failed to open the database: " + last_error());
  }
  sqlite3_busy_timeout(
      database_,
      static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(busy).count()));
  const bool wal = !is_truthy(component.property("disableWAL").value_or(""));
  if (auto done = execute(wal ? "PRAGMA journal_mode=WAL" : "PRAGMA journal_mode=DELETE"); !done) {
    return done;
  }
  // daprd's tables, and its record of the tables that it has made.
  if (auto done = execute("CREATE TABLE IF NOT EXISTS " + table_ +
                          " (key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL, is_binary BOOLEAN "
                          "NOT NULL, etag TEXT NOT NULL, expiration_time TIMESTAMP DEFAULT NULL, "
                          "update_time TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP)");
      !done) {
    return done;
  }
  if (auto done = execute("CREATE TABLE IF NOT EXISTS " + metadata_table +
                          " (key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL)");
      !done) {
    return done;
  }
  return execute("INSERT OR IGNORE INTO " + metadata_table + " VALUES ('migrations', '1')");
}

std::string SqliteState::last_error() const {
  return database_ == nullptr ? "out of memory" : sqlite3_errmsg(database_);
}

Result<void> SqliteState::execute(const std::string& sql) {
  auto done = Statement(database_, sql).step();
  if (!done) return std::unexpected(std::move(done.error()));
  return {};
}

std::int64_t SqliteState::now() const {
  return std::chrono::floor<std::chrono::seconds>(clock_.system_now().time_since_epoch()).count();
}

std::string SqliteState::loses() {
  const char* const file = sqlite3_db_filename(database_, "main");
  return file == nullptr || *file == '\0' ? "the values of its database in memory" : std::string();
}

Result<StateValue> SqliteState::get(const std::string& key) {
  const std::scoped_lock lock(mutex_);
  Statement select(database_, "SELECT value, is_binary, etag, unixepoch(expiration_time) FROM " +
                                  table_ + " WHERE key = ?" + std::string(kAlive));
  auto found = select.bind(key).bind(now()).step();
  if (!found) return std::unexpected(std::move(found.error()));
  if (!*found) return StateValue{};
  StateValue value{.data = select.text(0), .etag = select.text(2)};
  if (select.number(1) != 0) {
    auto bytes = go_base64(value.data);
    if (!bytes) return fail(Code::kInternal, "failed to decode binary data");
    value.data = *std::move(bytes);
  }
  if (!select.is_null(3)) {
    value.metadata.push_back(
        {"ttlExpireTime", rfc3339(SystemTime(std::chrono::seconds(select.number(3))))});
  }
  return value;
}

Result<void> SqliteState::upsert(const StateItem& item) {
  const auto life = time_to_live(item);
  if (!life) return std::unexpected(life.error());
  // As in daprd, a value that is declared as JSON is text in the table.
  const bool is_text = metadata_value(item, "contentType") == "application/json";
  const std::string value = is_text ? item.value : base64_encode(item.value);
  Random random;
  const std::string etag = uuid4(random);
  const std::string expires = *life ? "datetime(?, 'unixepoch')" : "?";
  const auto bind_expires = [&](Statement& statement) {
    if (*life) {
      statement.bind(now() + **life);
    } else {
      statement.bind_null();
    }
  };

  if (has_etag(item)) {
    Statement update(database_, "UPDATE " + table_ +
                                    " SET value = ?, etag = ?, is_binary = ?, update_time = "
                                    "CURRENT_TIMESTAMP, expiration_time = " +
                                    expires + " WHERE key = ? AND etag = ?" + std::string(kAlive));
    update.bind(value).bind(etag).bind(is_text ? 0 : 1);
    bind_expires(update);
    auto done = update.bind(item.key).bind(*item.etag).bind(now()).step();
    if (!done) return std::unexpected(std::move(done.error()));
    if (sqlite3_changes(database_) == 0) return etag_mismatch("");
    return {};
  }
  if (item.concurrency == Concurrency::kFirstWrite) {
    Statement existing(database_,
                       "SELECT 1 FROM " + table_ + " WHERE key = ?" + std::string(kAlive));
    auto found = existing.bind(item.key).bind(now()).step();
    if (!found) return std::unexpected(std::move(found.error()));
    if (*found) return etag_mismatch("");
  }
  Statement insert(database_, "INSERT OR REPLACE INTO " + table_ +
                                  " (key, value, is_binary, etag, update_time, expiration_time) "
                                  "VALUES (?, ?, ?, ?, CURRENT_TIMESTAMP, " +
                                  expires + ")");
  insert.bind(item.key).bind(value).bind(is_text ? 0 : 1).bind(etag);
  bind_expires(insert);
  auto done = insert.step();
  if (!done) return std::unexpected(std::move(done.error()));
  return {};
}

Result<void> SqliteState::erase(const StateItem& item) {
  const bool conditional = has_etag(item);
  Statement statement(
      database_,
      "DELETE FROM " + table_ + (conditional ? " WHERE key = ? AND etag = ?" : " WHERE key = ?"));
  statement.bind(item.key);
  if (conditional) statement.bind(*item.etag);
  auto done = statement.step();
  if (!done) return std::unexpected(std::move(done.error()));
  if (conditional && sqlite3_changes(database_) == 0) return etag_mismatch("");
  return {};
}

Result<void> SqliteState::apply(const StateOperation& operation) {
  return operation.type == "upsert" ? upsert(operation.item) : erase(operation.item);
}

Result<void> SqliteState::one(std::string_view type, const StateItem& item) {
  const StateOperation operation{.type = std::string(type), .item = item};
  return transact({&operation, 1});
}

Result<void> SqliteState::set(const StateItem& item) { return one("upsert", item); }

Result<void> SqliteState::remove(const StateItem& item) { return one("delete", item); }

Result<void> SqliteState::transact(std::span<const StateOperation> operations) {
  const std::scoped_lock lock(mutex_);
  forget_expired();
  if (auto begun = execute("BEGIN IMMEDIATE"); !begun) return begun;
  for (const StateOperation& operation : operations) {
    if (auto done = apply(operation); !done) {
      (void)execute("ROLLBACK");
      return done;
    }
  }
  auto committed = execute("COMMIT");
  if (!committed) (void)execute("ROLLBACK");
  return committed;
}

void SqliteState::forget_expired() {
  if (cleanup_interval_ <= Duration::zero()) return;
  const SteadyTime at = clock_.now();
  if (next_cleaning_ && at < *next_cleaning_) return;
  next_cleaning_ = at + cleanup_interval_;
  Statement expired(database_, "DELETE FROM " + table_ +
                                   " WHERE expiration_time IS NOT NULL AND expiration_time < "
                                   "datetime(?, 'unixepoch')");
  (void)expired.bind(now()).step();  // rows that stay are never returned
}

}  // namespace ofn::localdapr
