#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "spread/api/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace spread {

class Database;

/// A prepared statement. Parameters and columns are counted from 0. `database` outlives it, and its
/// SQL is that of a table which the caller knows to be there.
class Statement {
 public:
  Statement(Database& database, std::string_view sql);
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  ~Statement();

  Statement& bind(int index, std::string_view text);
  Statement& bind(int index, double number);
  Statement& bind(int index, std::int64_t number);
  /// True = a row is there; false = no more rows, and the statement can be bound anew.
  Result<bool> step();
  Status run();
  std::string text(int column) const;
  double real(int column) const;
  std::int64_t integer(int column) const;

 private:
  Database& database_;
  sqlite3_stmt* statement_ = nullptr;
};

/// A connection. Every error says what SQLite says; the caller adds the file's name. What the file
/// holds is not trusted: its schema runs no functions, and can name no file.
class Database {
 public:
  static Result<Database> open(const std::string& path, bool create);
  Database(Database&&) noexcept = default;
  Database& operator=(Database&&) noexcept = default;

  void wait_at_most(int milliseconds);
  Status execute(const char* sql);
  /// Also where SQLite has done it by itself.
  void roll_back();
  Result<std::int64_t> pragma(const char* name);
  sqlite3* get() const { return database_.get(); }

  /// The error of the last call, which has failed.
  tl::unexpected<Error> failure();
  /// Whether a call has failed because of what the file holds, not of what its file system does.
  bool damaged() const { return damaged_; }

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  explicit Database(sqlite3* database) : database_(database) {}
  std::unique_ptr<sqlite3, Close> database_;
  bool damaged_ = false;
};

}  // namespace spread
