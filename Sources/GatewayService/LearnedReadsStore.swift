import GatewayCore
import Logging
import Synchronization
import Telemetry

/// Keeps what devices refuse to read in a file beside the outbox: `docs/formats/learned-reads.md`.
///
/// Shared by the threads of all buses. What cannot be written is learned again after the next start.
final class LearnedReadsStore: Sendable {
  private let path: String
  private let log: Logger
  private let entries: Mutex<[String: LearnedReadsFile.Entry]>

  init(directory: String, log: Logger) {
    path = "\(directory)/learned-reads.txt"
    self.log = log
    var known: [String: LearnedReadsFile.Entry] = [:]
    do throws(LearnedReadsFile.Damage) {
      let read = try Self.read(path).map { text throws(LearnedReadsFile.Damage) in try LearnedReadsFile.parse(text) }
      for entry in read ?? [] { known[entry.name] = entry }
    } catch {
      log.warning("\(path) is ignored: \(error); what devices refuse to read is found out again")
    }
    entries = Mutex(known)
  }

  /// Forgets devices that are not among these.
  func keep(only names: Set<String>) {
    entries.withLock { entries in entries = entries.filter { names.contains($0.key) } }
  }

  /// What is known of a device as it is configured now.
  func learned(name: String, unit: UInt8, points: [RegisterPoint], now: MonotonicTime) -> LearnedReads {
    let entry = entries.withLock { $0[name] }
    return entry?.learned(unit: unit, points: points, now: now) ?? LearnedReads()
  }

  /// Takes over what is new, and writes the file when anything is.
  func update(_ news: [LearnedReadsFile.Entry]) {
    entries.withLock { entries in
      let before = entries
      for entry in news { entries[entry.name] = entry.learned.isEmpty ? nil : entry }
      guard entries != before else { return }
      let text = LearnedReadsFile.text(entries.values.sorted { $0.name < $1.name })
      do throws(WholeFile.Failure) {
        try WholeFile.replace(path, with: Array(text.utf8))
      } catch {
        log.warning("cannot write \(path): \(error)")
      }
    }
  }

  /// Nil when there is none.
  private static func read(_ path: String) throws(LearnedReadsFile.Damage) -> String? {
    let limit = LearnedReadsFile.maximumBytes
    let bytes: [UInt8]?
    do throws(WholeFile.Failure) {
      bytes = try WholeFile.read(path, limit: limit)
    } catch {
      throw LearnedReadsFile.Damage(description: error.description)
    }
    guard let bytes else { return nil }
    guard bytes.count <= limit else {
      throw LearnedReadsFile.Damage(description: "it has more than \(limit) bytes")
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
