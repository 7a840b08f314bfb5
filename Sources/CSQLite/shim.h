#include <sqlite3.h>

// SQLITE_TRANSIENT and SQLITE_STATIC are casts that Swift does not import, and sqlite3_db_config takes variable arguments.

static inline int fieldgate_sqlite_bind_text_copy(sqlite3_stmt *statement, int index, const char *text, int length) {
  // An empty string must not become NULL, which is what a null pointer means to SQLite.
  return sqlite3_bind_text(statement, index, text ? text : "", length, SQLITE_TRANSIENT);
}

static inline int fieldgate_sqlite_bind_blob_copy(sqlite3_stmt *statement, int index, const void *bytes, int length) {
  return sqlite3_bind_blob(statement, index, bytes, length, SQLITE_TRANSIENT);
}

static inline int fieldgate_sqlite_bind_blob_borrowed(sqlite3_stmt *statement, int index, const void *bytes, int length) {
  return sqlite3_bind_blob(statement, index, bytes, length, SQLITE_STATIC);
}

static inline int fieldgate_sqlite_configure(sqlite3 *connection, int option, int on) {
  return sqlite3_db_config(connection, option, on, (int *)0);
}

// SQLITE_ABORT_ROLLBACK is an expression that Swift does not import.
static const int fieldgate_sqlite_abort_rollback = SQLITE_ABORT_ROLLBACK;
