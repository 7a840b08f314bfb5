import Telemetry

/// The requests of one command: values of neighbouring entries, in the order of the command, share one.
struct WritePlan: Hashable, Sendable {
  struct Step: Hashable, Sendable {
    var request: WriteRequest
    /// The values that it writes, as indices into the command's, and where each one's entries begin.
    var parts: [(item: Int, offset: Int, count: Int)]

    static func == (left: Self, right: Self) -> Bool {
      left.request == right.request && left.parts.map(\.item) == right.parts.map(\.item)
    }

    func hash(into hasher: inout Hasher) { hasher.combine(request) }
  }

  /// A value with its entries.
  struct Entry: Sendable {
    var item: Int
    var point: RegisterPoint
    var words: [UInt16]

    /// Bits of a register are masked, and texts are compared as texts: neither shares a request with others.
    var isAlone: Bool { point.type == .string || point.foreignBits != 0 }
  }

  private(set) var steps: [Step] = []

  /// Most entries of one write (Modbus Application Protocol 1.1b3, sections 6.11 and 6.12).
  static func maximumCount(_ table: RegisterTable) -> Int { table == .coil ? 1_968 : 123 }

  /// Nil when the device has no function for one of them.
  init?(_ entries: [Entry], _ device: CommandDevice) {
    let functions = device.functions
    var runs: [[Entry]] = []
    for entry in entries {
      if let last = runs.last?.last, let first = runs.last?.first, !last.isAlone, !entry.isAlone,
        last.point.table == entry.point.table, Int(last.point.address) + last.words.count == Int(entry.point.address),
        Int(entry.point.address) + entry.words.count - Int(first.point.address)
          <= Self.maximumCount(entry.point.table),
        functions.contains(entry.point.table == .coil ? .coils : .registers)
      {
        runs[runs.count - 1].append(entry)
      } else {
        runs.append([entry])
      }
    }
    for run in runs {
      let words = run.flatMap(\.words)
      guard let first = run.first?.point, let content = Self.content(words, first, functions) else { return nil }
      var parts: [(item: Int, offset: Int, count: Int)] = []
      var offset = 0
      for entry in run {
        parts.append((entry.item, offset, entry.words.count))
        offset += entry.words.count
      }
      var request = WriteRequest(
        unit: device.unit, table: first.table, address: first.address, content: content, pacing: device.pacing)
      request.text = first.type == .string ? first : nil
      steps.append(Step(request: request, parts: parts))
    }
  }

  private static func content(
    _ words: [UInt16], _ first: RegisterPoint, _ functions: WriteFunctions
  ) -> WriteRequest.Content? {
    let kept = first.foreignBits
    guard kept == 0 else { return functions.contains(.maskRegister) ? .mask(and: kept, or: words[0]) : nil }
    guard words.count <= maximumCount(first.table) else { return nil }
    switch functions.code(for: first.table, count: words.count) {
    case 5, 6: return .single(words[0])
    case nil: return nil
    default: return .multiple(words)
    }
  }
}
