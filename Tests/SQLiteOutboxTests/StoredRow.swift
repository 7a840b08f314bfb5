import Foundation
import SQLite
import Testing

@testable import SQLiteOutbox

/// Changes bytes of one row of a table behind SQLite's back, as a failing disk does: neither index nor trigger follows.
struct StoredRow {
  let path: String
  private var bytes: [UInt8]
  /// Where the row's number (one byte) and its record begin.
  private let start: Int

  /// - Precondition: the table takes one page, and the row has a number below 128.
  init(_ table: String, _ row: UInt8, path: String) throws {
    self.path = path
    let connection = try SQLiteConnection(path: path, mode: .readOnly)
    let page = try OutboxReader.count(connection, "SELECT rootpage FROM sqlite_master WHERE name = '\(table)'")
    let size = try OutboxReader.count(connection, "PRAGMA page_size")
    connection.close()
    bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    let begin = (page - 1) * size
    try #require(bytes[begin] == 0x0D, "\(table) takes more than a page")
    for cell in 0..<(Int(bytes[begin + 3]) << 8 | Int(bytes[begin + 4])) {
      let pointer = begin + 8 + cell * 2
      var place = begin + (Int(bytes[pointer]) << 8 | Int(bytes[pointer + 1]))
      // The length of the payload comes first.
      while bytes[place] >= 0x80 { place += 1 }
      guard bytes[place + 1] == row else { continue }
      start = place + 1
      return
    }
    throw Missing()
  }

  mutating func setNumber(_ new: UInt8) throws {
    bytes[start] = new
    try write()
  }

  /// - Precondition: the column and those before it are integers that take at most eight bytes.
  mutating func setColumn(_ column: Int, _ new: UInt8) throws {
    // The record's head: its length, then the type of each column.
    let head = Int(bytes[start + 1])
    var place = start + 1 + head
    let widths = [0, 1, 2, 3, 4, 6, 8, 8]
    for index in 0..<column {
      let type = Int(bytes[start + 2 + index])
      place += type < widths.count ? widths[type] : 0
    }
    try #require(bytes[start + 2 + column] == 1, "column \(column) does not take one byte")
    bytes[place] = new
    try write()
  }

  private func write() throws { try Data(bytes).write(to: URL(fileURLWithPath: path)) }

  struct Missing: Error {}
}
