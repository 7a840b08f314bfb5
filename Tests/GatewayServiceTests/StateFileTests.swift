import FieldgateTestKit
import Foundation
import GatewayCore
import GatewayRuntime
import Synchronization
import Telemetry
import Testing

@testable import GatewayService

@Suite("The file of the saved state")
struct StateFileTests {
  private let temporary: TemporaryDirectory

  init() throws { temporary = try TemporaryDirectory("state") }

  private static func state(_ number: UInt8) -> SavedState {
    SavedState(
      wall: Timestamp(milliseconds: 1), monotonic: MonotonicTime(nanoseconds: 2), boot: "boot",
      sections: ["rules": [number]])
  }

  /// What came of each saving, in order.
  private final class Outcomes: Sendable {
    let all = Mutex<[StateMemoryFailure?]>([])
  }

  private func file(_ outcomes: Outcomes) -> StateFile {
    StateFile(directory: temporary.path) { outcome in outcomes.all.withLock { $0.append(outcome) } }
  }

  private func saved(_ file: StateFile) throws -> UInt8? {
    try file.load().flatMap { try SavedState(bytes: $0).sections["rules"]?.first }
  }

  @Test("What was saved is there, the last one once 'finish' returns")
  func saving() async throws {
    let outcomes = Outcomes()
    let file = file(outcomes)
    #expect(try file.load() == nil)
    #expect(file.save(Self.state(1)))
    _ = try await eventually("the first") { outcomes.all.withLock { $0 } == [nil] ? true : nil }
    #expect(try saved(file) == 1)
    try file.finish(Self.state(2))
    #expect(try saved(file) == 2)
    #expect(FileManager.default.fileExists(atPath: temporary("state.new")) == false)
  }

  /// A pipe without a reader in the place of the new file is a disk that does not answer.
  @Test(
    "A disk that does not answer holds up nobody who saves; one state waits, more are refused", .timeLimit(.minutes(2)))
  func slowDisk() async throws {
    #expect(mkfifo(temporary("state.new"), 0o600) == 0)
    let outcomes = Outcomes()
    let file = file(outcomes)
    #expect(file.save(Self.state(1)))
    // Once the thread has taken it, another may wait.
    _ = try await eventually("a place") { file.save(Self.state(2)) ? true : nil }
    #expect(!file.save(Self.state(3)))
    #expect(outcomes.all.withLock { $0 }.isEmpty)
    // It answers, if with an error: a pipe cannot be synced.
    let reader = open(temporary("state.new"), O_RDONLY)
    defer { close(reader) }
    _ = try await eventually("both outcomes") { outcomes.all.withLock { $0 }.count == 2 ? true : nil }
    let all = outcomes.all.withLock { $0 }
    #expect(all[0]?.description.hasPrefix("cannot write \(temporary("state")): ") == true)
    #expect(all[1] == nil)
    try file.finish(Self.state(4))
    #expect(try saved(file) == 4)
  }

  @Test("'finish' says why the state was not saved, and the one before stays")
  func failing() throws {
    let first = file(Outcomes())
    try first.finish(Self.state(1))
    let second = file(Outcomes())
    try FileManager.default.createDirectory(atPath: temporary("state.new"), withIntermediateDirectories: false)
    let failure = #expect(throws: StateMemoryFailure.self) { try second.finish(Self.state(2)) }
    #expect(failure?.description == "cannot write \(temporary("state")): Is a directory")
    #expect(try saved(second) == 1)
  }
}
