import BatchCodec
import Foundation
import GatewayCore
import SQLite
import Telemetry
import Testing

@testable import SQLiteOutbox

/// Whether central may know the alarms wrongly is in the file, so that no kill comes between the reason and the
/// telling.
@Suite("Alarm states that the outbox owes")
struct OutboxAlarmStatesTests {
  let scratch: OutboxScratch

  init() throws { scratch = try OutboxScratch() }

  struct Reason: CustomTestStringConvertible {
    var testDescription: String
    var happens: @Sendable (SQLiteOutbox, OutboxScratch) throws -> Void

    init(_ text: String, _ happens: @escaping @Sendable (SQLiteOutbox, OutboxScratch) throws -> Void) {
      (testDescription, self.happens) = (text, happens)
    }
  }

  private static func commit(_ store: SQLiteOutbox, _ change: (inout OutboxTransaction) -> Void) throws {
    var transaction = OutboxTransaction()
    change(&transaction)
    _ = try store.commit(transaction)
  }

  private static func alarms(_ store: SQLiteOutbox) throws -> EpochLane { EpochLane(try store.state().epoch, .alarms) }

  static let reasons = [
    Reason("central lacks alarms") { store, _ in
      let row = try alarms(store)
      try commit(store) { $0.confirmed[row] = 2 }
      try commit(store) { $0.missingAtCentral[row] = 1 }
    },
    Reason("the epoch is closed") { store, _ in try commit(store) { $0.retirement = .close("restored") } },
    Reason("the epoch is abandoned") { store, _ in try commit(store) { $0.retirement = .abandon("copied") } },
    Reason("a batch of alarms cannot be read") { store, _ in
      let row = try alarms(store)
      try commit(store) { $0.damaged[row] = [2] }
    },
    Reason("a frame of alarms cannot be read") { store, scratch in
      var frame = scratch.alarm("hot", .raised)
      frame.bytes[10] ^= 1
      #expect(try store.commit(.with([frame], cut: [.alarms])).isClosed)
      _ = try store.open()
    },
  ]

  @Test(
    "They are owed from the transaction that is the reason until one tells them, whenever the process ends",
    arguments: reasons)
  func owed(_ reason: Reason) throws {
    var store: SQLiteOutbox? = try scratch.open()
    for transition in [AlarmEvent.Transition.raised, .cleared] {
      _ = try store?.commit(.with([scratch.alarm("hot", transition)], cut: [.alarms]))
    }
    #expect(try store?.state().owesAlarmStates == false)
    try reason.happens(try #require(store), scratch)
    #expect(try store?.state().owesAlarmStates == true)
    store = nil
    store = try scratch.open()
    #expect(try store?.state().owesAlarmStates == true)
    // An event that is not the telling changes nothing.
    _ = try store?.commit(.with([scratch.alarm("cold", .raised)]))
    #expect(try store?.state().owesAlarmStates == true)
    var telling = OutboxTransaction.with([scratch.alarm("hot", .cleared)], alarms: ["cold"])
    telling.tellsAlarmStates = true
    #expect(try store?.commit(telling).owesAlarmStates == false)
    store = nil
    #expect(try scratch.open().state().owesAlarmStates == false)
  }

  @Test("Losses of telemetry leave central's alarms as they are")
  func telemetryOnly() throws {
    let store = try scratch.open()
    let id = try store.register(scratch.catalogue)
    let row = EpochLane(try store.state().epoch, .telemetry)
    for _ in 0..<3 {
      _ = try store.commit(.with([try scratch.telemetry(rows: 2, catalogueID: id)], cut: [.telemetry]))
    }
    try Self.commit(store) { $0.damaged[row] = [3] }
    try Self.commit(store) { $0.confirmed[row] = 2 }
    try Self.commit(store) { $0.missingAtCentral[row] = 1 }
    #expect(try store.state().owesAlarmStates == false)
  }

  @Test("What the same transaction loses is owed although it tells")
  func lossWins() throws {
    let store = try scratch.open()
    var transaction = OutboxTransaction.with([scratch.alarm("hot", .raised)])
    transaction.tellsAlarmStates = true
    transaction.retirement = .close("restored")
    #expect(try store.commit(transaction).owesAlarmStates)
  }

  @Test("Alarms of which something waits uncut are named, and no others")
  func alarmsInFrames() throws {
    let store = try scratch.open()
    #expect(try store.alarmsInFrames().isEmpty)
    _ = try store.commit(.with([scratch.alarm("cut", .raised)], cut: [.alarms]))
    _ = try store.commit(.with([scratch.alarm("hot", .raised), scratch.alarm("cold", .shelved)]))
    #expect(try store.alarmsInFrames() == ["hot", "cold"])
    _ = try store.commit(.with([scratch.alarm("hot", .cleared)], cut: [.alarms]))
    #expect(try store.alarmsInFrames().isEmpty)
  }

  @Test("A store that takes over what a damaged one held owes them")
  func salvage() throws {
    var store: SQLiteOutbox? = try scratch.open()
    _ = try store?.commit(.with([scratch.alarm("hot", .raised)], cut: [.alarms], alarms: ["hot"]))
    store?.close()
    store = nil
    try Data(repeating: 0x5a, count: 20_000).write(to: URL(fileURLWithPath: scratch.path))
    #expect(try scratch.open().state().owesAlarmStates)
  }
}
