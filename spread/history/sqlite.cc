#include "spread/history/sqlite.h"

#include <sqlite3.h>

namespace spread {
Statement::Statement(Database& database, std::string_view sql) : database_(database) {
  // A failure leaves statement_ null, and the first step() reports it.
  sqlite3_prepare_v2(database.get(), sql.data(), static_cast<int>(sql.size()), &statement_,
                     nullptr);
}
Statement::~Statement() { sqlite3_finalize(statement_); }

Statement& Statement::bind(int index, std::string_view text) {
  // -1 says SQLITE_TRANSIENT, whose macro is an old-style cast.
  const auto copy = reinterpret_cast<sqlite3_destructor_type>(std::intptr_t{-1});
  sqlite3_bind_text(statement_, index + 1, text.data(), static_cast<int>(text.size()), copy);
  return *this;
}
Statement& Statement::bind(int index, double number) {
  sqlite3_bind_double(statement_, index + 1, number);
  return *this;
}
Statement& Statement::bind(int index, std::int64_t number) {
  sqlite3_bind_int64(statement_, index + 1, number);
  return *this;
}

Result<bool> Statement::step() {
  if (statement_ == nullptr) return database_.failure();
  const int status = sqlite3_step(statement_);
  if (status == SQLITE_ROW) return true;
  if (status != SQLITE_DONE) {
    tl::unexpected<Error> why = database_.failure();
    sqlite3_reset(statement_);
    return why;
  }
  sqlite3_reset(statement_);
  return false;
}

Status Statement::run() {
  SPREAD_TRY(step());
  return {};
}

std::string Statement::text(int column) const {
  const unsigned char* bytes = sqlite3_column_text(statement_, column);
  if (bytes == nullptr) return {};
  return {reinterpret_cast<const char*>(bytes),
          static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}
double Statement::real(int column) const { return sqlite3_column_double(statement_, column); }
std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}

void Database::Close::operator()(sqlite3* database) const { sqlite3_close_v2(database); }

Result<Database> Database::open(const std::string& path, bool create) {
  sqlite3* raw = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (create ? SQLITE_OPEN_CREATE : 0);
  // Without write permission SQLite falls back to reading by itself.
  const int status = sqlite3_open_v2(path.c_str(), &raw, flags, nullptr);
  Database database(raw);
  if (raw == nullptr) return fail("out of memory");
  if (status != SQLITE_OK) return database.failure();
  sqlite3_db_config(raw, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(raw, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(raw, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  sqlite3_db_config(raw, SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
  return database;
}

tl::unexpected<Error> Database::failure() {
  const std::string message = sqlite3_errmsg(get());
  switch (sqlite3_errcode(get())) {
    // SQLITE_ERROR: the statements are those of spread, and correct; so a table is not what it was.
    case SQLITE_ERROR:
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: damaged_ = true; break;
    // What SQLite makes of ENOLCK, too, with which network file systems refuse locks.
    case SQLITE_BUSY:
      return fail(message + " (by another process, or its file system grants no locks)");
    default: break;
  }
  return fail(message);
}

void Database::wait_at_most(int milliseconds) { sqlite3_busy_timeout(get(), milliseconds); }

Status Database::execute(const char* sql) {
  if (sqlite3_exec(get(), sql, nullptr, nullptr, nullptr) == SQLITE_OK) return {};
  return failure();
}

void Database::roll_back() { sqlite3_exec(get(), "ROLLBACK", nullptr, nullptr, nullptr); }

Result<std::int64_t> Database::pragma(const char* name) {
  Statement statement(*this, std::string("PRAGMA ") + name);
  const Result<bool> row = statement.step();
  if (!row) return tl::unexpected<Error>(row.error());
  return *row ? statement.integer(0) : 0;
}

}  // namespace spread
