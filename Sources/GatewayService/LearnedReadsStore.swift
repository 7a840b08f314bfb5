import GatewayCore
import Glibc
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
      if let cause = Self.write(text, path) { log.warning("cannot write \(path): \(cause)") }
    }
  }

  /// Nil when there is none.
  private static func read(_ path: String) throws(LearnedReadsFile.Damage) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      if errno == ENOENT { return nil }
      throw LearnedReadsFile.Damage(description: String(cString: strerror(errno)))
    }
    defer { close(descriptor) }
    let limit = LearnedReadsFile.maximumBytes
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 16 << 10)
    while bytes.count <= limit {
      let count = Glibc.read(descriptor, &buffer, buffer.count)
      guard count >= 0 else { throw LearnedReadsFile.Damage(description: String(cString: strerror(errno))) }
      if count == 0 { return String(decoding: bytes, as: UTF8.self) }
      bytes += buffer[..<count]
    }
    throw LearnedReadsFile.Damage(description: "it has more than \(limit) bytes")
  }

  /// Beside the old file, synced, and moved over it: after a power cut it is the old one or the new one.
  private static func write(_ text: String, _ path: String) -> String? {
    let new = "\(path).new"
    let descriptor = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o640)
    guard descriptor >= 0 else { return String(cString: strerror(errno)) }
    let bytes = Array(text.utf8)
    let isWritten = Glibc.write(descriptor, bytes, bytes.count) == bytes.count && fsync(descriptor) == 0
    let cause = String(cString: strerror(errno))
    close(descriptor)
    guard isWritten else {
      unlink(new)
      return cause
    }
    return rename(new, path) == 0 ? nil : String(cString: strerror(errno))
  }
}
