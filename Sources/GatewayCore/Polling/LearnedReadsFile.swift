public import Telemetry

/// The text in which what devices refuse to read is kept over restarts: `docs/formats/learned-reads.md`.
public enum LearnedReadsFile {
  /// What is known of one device.
  public struct Entry: Hashable, Sendable {
    public var name: String
    public var unit: UInt8
    /// Of the tags that it was learned with.
    public var fingerprint: UInt64
    public var learned: LearnedReads

    public init(name: String, unit: UInt8, points: [RegisterPoint], learned: LearnedReads) {
      self.init(
        name: name, unit: unit, fingerprint: LearnedReadsFile.signature(unit: unit, points: points), learned: learned)
    }

    init(name: String, unit: UInt8, fingerprint: UInt64, learned: LearnedReads) {
      self.name = name
      self.unit = unit
      self.fingerprint = fingerprint
      self.learned = learned
    }

    /// What holds for the device as it is configured now: of places that its tags still have, to be asked for again at once
    /// when its tags have changed.
    public func learned(unit: UInt8, points: [RegisterPoint], now: MonotonicTime) -> LearnedReads {
      guard unit == self.unit else { return LearnedReads() }
      let isSame = fingerprint == LearnedReadsFile.signature(unit: unit, points: points)
      let places = Set(points.map { LearnedReads.Place($0) })
      var kept = learned
      kept.refusals = learned.refusals.filter { places.contains($0.key) }.mapValues { refusal in
        let pause = isSame ? LearnedReads.pause(after: refusal.times) : .zero
        return LearnedReads.Refusal(exception: refusal.exception, times: refusal.times, retryAt: now + pause)
      }
      return kept
    }
  }

  /// The file cannot be used.
  public struct Damage: Error, Hashable, CustomStringConvertible, Sendable {
    public var description: String

    public init(description: String) {
      self.description = description
    }
  }

  public static let maximumBytes = 1 << 20
  private static let head = "fieldgate-learned-reads 1"
  private static let tables: [(name: String, table: RegisterTable)] = [
    ("coil", .coil), ("discrete", .discreteInput), ("holding", .holdingRegister), ("input", .inputRegister),
  ]

  // MARK: Writing

  public static func text(_ entries: [Entry]) -> String {
    var lines = [head]
    for entry in entries where !entry.learned.isEmpty {
      let digits = String(entry.fingerprint, radix: 16)
      let padding = String(repeating: "0", count: 16 - digits.count)
      lines.append("device \(entry.name) \(entry.unit) \(padding)\(digits)")
      for (place, refusal) in entry.learned.refusals.sorted(by: { $0.key < $1.key }) {
        lines.append(
          "refused \(name(place.table)) \(place.address) \(place.count) \(refusal.exception) \(refusal.times)")
      }
      for cut in entry.learned.cuts.sorted() { lines.append("cut \(name(cut.table)) \(cut.address)") }
    }
    lines.append("end \(lines.count)")
    return lines.joined(separator: "\n") + "\n"
  }

  private static func name(_ table: RegisterTable) -> String {
    tables.first { $0.table == table }?.name ?? ""
  }

  // MARK: Reading

  public static func parse(_ text: String) throws(Damage) -> [Entry] {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    guard lines.popLast() == "", lines.first.map({ $0 == head }) == true else {
      throw Damage(description: "it does not begin with \"\(head)\" or is cut off")
    }
    guard lines.popLast().map({ $0 == "end \(lines.count)" }) == true else {
      throw Damage(description: "it has not as many lines as it says")
    }
    var entries: [Entry] = []
    for (index, line) in lines.enumerated().dropFirst() {
      guard read(line.split(separator: " ", omittingEmptySubsequences: false), &entries) else {
        throw Damage(description: "line \(index + 1) is not understood")
      }
    }
    return entries
  }

  /// False for a line that is none of the format's.
  private static func read(_ words: [Substring], _ entries: inout [Entry]) -> Bool {
    if words.first == "device", words.count == 4, !words[1].isEmpty, let unit = UInt8(words[2]),
      words[3].count == 16, let fingerprint = UInt64(words[3], radix: 16)
    {
      entries.append(
        Entry(name: String(words[1]), unit: unit, fingerprint: fingerprint, learned: LearnedReads()))
      return true
    }
    guard !entries.isEmpty, words.count >= 3, let table = tables.first(where: { $0.name == words[1] })?.table,
      let address = UInt16(words[2])
    else { return false }
    if words[0] == "cut", words.count == 3 {
      entries[entries.count - 1].learned.cuts.insert(LearnedReads.Cut(table: table, address: address))
      return true
    }
    guard words[0] == "refused", words.count == 6, let count = Int(words[3]), (1...2_000).contains(count),
      let exception = UInt8(words[4]), exception > 0, let times = Int(words[5]), (1...1_000).contains(times)
    else { return false }
    let place = LearnedReads.Place(table: table, address: address, count: count)
    entries[entries.count - 1].learned.refusals[place] = LearnedReads.Refusal(
      exception: exception, times: times, retryAt: .zero)
    return true
  }

  static func signature(unit: UInt8, points: [RegisterPoint]) -> UInt64 {
    let texts = points.map { "\(unit) \($0.table.readFunction) \($0.address) \($0.entryCount);" }
    return FNV1a.hash(texts.joined(separator: "").utf8)
  }
}
