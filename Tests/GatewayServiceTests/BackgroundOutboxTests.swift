import FieldgateTestKit
import Foundation
import GatewayCore
import SQLiteOutbox
import Synchronization
import Testing

@testable import GatewayService

@Suite("An outbox that is opened beside everything else")
struct BackgroundOutboxTests {
  /// Files of this machine, on a disk that stands still until it is let go.
  private final class StandingFiles: OutboxFiles {
    private let files: any OutboxFiles
    private let gate: DispatchSemaphore
    init(_ files: any OutboxFiles, _ gate: DispatchSemaphore) { (self.files, self.gate) = (files, gate) }

    func exists(_ path: String) -> Bool {
      gate.wait()
      gate.signal()
      return files.exists(path)
    }
    func claim(directory: String) throws(OutboxStoreError) -> AnyObject { try files.claim(directory: directory) }
    func identity(of path: String) -> String { files.identity(of: path) }
    func freeBytes(directory: String) -> Int? { files.freeBytes(directory: directory) }
    func rename(_ path: String, to target: String) throws(OutboxStoreError) { try files.rename(path, to: target) }
    func remove(_ path: String) { files.remove(path) }
    func setAside(_ path: String) throws(OutboxStoreError) -> String { try files.setAside(path) }
  }

  private final class Ends: Sendable {
    let count = Atomic(0)
    var value: Int { count.load(ordering: .relaxed) }
  }

  private let directory: TemporaryDirectory
  private let gate = DispatchSemaphore(value: 0)
  private let ends = Ends()

  init() throws { directory = try TemporaryDirectory("background") }

  private func outbox(standing: Bool = false, path: String? = nil, patience: Duration = .seconds(30))
    -> BackgroundOutbox
  {
    var place = OutboxPlace.machine(directory: path ?? directory.path, boot: "boot")
    if standing { place.files = StandingFiles(place.files, gate) }
    return BackgroundOutbox(place, patience: patience) { [ends] in ends.count.add(1, ordering: .relaxed) }
  }

  private func failure(_ work: () throws(OutboxStoreError) -> Void) -> OutboxStoreError? {
    do throws(OutboxStoreError) {
      try work()
      return nil
    } catch {
      return error
    }
  }

  @Test("A quick one is open when the call returns")
  func quick() throws {
    let outbox = outbox()
    #expect(try outbox.open().isEmpty)
    _ = try outbox.state()
    outbox.close()
  }

  @Test("While it stands still every call says so, and the one after its end has it open")
  func slow() async throws {
    let outbox = outbox(standing: true, patience: .milliseconds(50))
    for _ in 0..<3 {
      let error = try #require(failure { () throws(OutboxStoreError) in _ = try outbox.open() })
      #expect(error.kind == .opening && error.description.hasPrefix("the outbox is being checked, since 20"))
    }
    #expect(failure { () throws(OutboxStoreError) in _ = try outbox.state() }?.kind == .opening)
    #expect(failure { () throws(OutboxStoreError) in _ = try outbox.commit(.init()) }?.kind == .opening)
    #expect(outbox.freeBytes() != nil && outbox.bytesWritten == 0)
    #expect(ends.value == 0)
    gate.signal()
    _ = try await eventually("the end of the opening") { ends.value == 1 ? true : nil }
    #expect(try outbox.open().isEmpty)
    _ = try outbox.state()
    outbox.close()
  }

  @Test("Before the end of the daemon it is waited for longer")
  func ending() throws {
    let outbox = outbox(standing: true, patience: .zero)
    #expect(failure { () throws(OutboxStoreError) in _ = try outbox.open() }?.kind == .opening)
    outbox.willEnd()
    gate.signal()
    _ = try outbox.open()
    _ = try outbox.state()
    outbox.close()
  }

  @Test("One that still goes on holds nothing up when the daemon ends")
  func endless() {
    let outbox = outbox(standing: true, patience: .zero)
    #expect(failure { () throws(OutboxStoreError) in _ = try outbox.open() }?.kind == .opening)
    outbox.close()
    #expect(failure { () throws(OutboxStoreError) in _ = try outbox.state() }?.kind == .opening)
    gate.signal()
  }

  @Test("One that failed is begun anew by the next call")
  func failing() throws {
    let path = directory.path + "/later"
    let outbox = outbox(path: path)
    #expect(failure { () throws(OutboxStoreError) in _ = try outbox.open() }?.kind == .failed)
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    #expect(try outbox.open().isEmpty)
    _ = try outbox.state()
    outbox.close()
  }
}
