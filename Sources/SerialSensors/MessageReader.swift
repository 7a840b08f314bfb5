import Telemetry

/// Reads the lines of one sensor: its format and fields, made ready.
public struct MessageReader: Sendable {
  private enum Form: Sendable {
    case pattern(PatternMatcher, groups: [Int])
    case json(paths: [ArraySlice<[UInt8]>], conditions: [(path: ArraySlice<[UInt8]>, text: [UInt8])])
    case csv(CSVReader)
    case keyValue(KeyValueLayout, keys: [[UInt8]], conditions: [(key: [UInt8], text: [UInt8])])
    case nmea(NMEALayout, [(sentence: String, field: NMEAField)])
  }

  private let points: [FieldPoint]
  private var form: Form

  /// - Throws: what is wrong with the format or with one of the fields.
  public init(_ format: MessageFormat, where conditions: [FieldCondition] = [], points: [FieldPoint])
    throws(FormatError)
  {
    self.points = points
    switch format {
    case .pattern(let text):
      let matcher = try PatternMatcher(text)
      var groups: [Int] = []
      for (index, point) in points.enumerated() {
        guard let group = matcher.groups[point.field] else {
          let known = matcher.groups.keys.sorted()
          throw FormatError(
            "names '\(point.field)', and the pattern has no group of that name",
            hint: known.isEmpty
              ? "name a group with (?<\(point.field)>…)" : "its groups are: \(known.joined(separator: ", "))",
            field: index)
        }
        groups.append(group)
      }
      form = .pattern(matcher, groups: groups)
    case .json:
      if let index = points.firstIndex(where: { $0.encoding != .utf8 }) {
        throw FormatError(
          "is in JSON, which is always UTF-8, and cannot be \(points[index].encoding.rawValue)",
          hint: "remove 'encoding'", field: index)
      }
      form = .json(
        paths: points.map { Self.path($0.field) },
        conditions: conditions.map { (Self.path($0.field), Array($0.text.utf8)) })
    case .csv(let layout): form = .csv(try CSVReader(layout, conditions: conditions, points: points))
    case .keyValue(let layout):
      form = .keyValue(
        layout, keys: points.map { Array($0.field.utf8) },
        conditions: conditions.map { (Array($0.field.utf8), Array($0.text.utf8)) })
    case .nmea(let layout):
      var fields: [(String, NMEAField)] = []
      for (index, point) in points.enumerated() {
        do throws(FormatError) {
          let found = try NMEAField.find(point.field)
          guard point.type == .number || !found.field.isComputed else {
            throw FormatError(
              "is computed from what is sent, so that its type is number, not \(point.type.rawValue)",
              hint: "remove 'type', or give the number of the field: \(found.sentence).1")
          }
          fields.append(found)
        } catch {
          throw FormatError(error.message, hint: error.hint, field: index)
        }
      }
      form = .nmea(layout, fields)
    }
  }

  public mutating func read(_ line: [UInt8]) -> MessageOutcome {
    switch form {
    case .pattern(let matcher, let groups): return read(line, matcher, groups)
    case .json(let paths, let conditions):
      guard let root = JSONLineParser.parse(line),
        conditions.allSatisfy({ root.value(at: $0.path)?.scalar == $0.text })
      else { return .notMine }
      return readings(paths.map { root.value(at: $0) })
    case .csv(var reader):
      let outcome = reader.read(line)
      form = .csv(reader)
      return outcome
    case .keyValue(let layout, let keys, let conditions):
      guard let pairs = FieldSplitter.pairs(line, layout) else { return .notMine }
      let value: ([UInt8]) -> [UInt8]? = { key in pairs.last { $0.key == key }?.value }
      guard conditions.allSatisfy({ value($0.key) == $0.text }) else { return .notMine }
      return readings(keys.map { key in value(key).map { .word($0) } })
    case .nmea(let layout, let fields): return read(line, layout, fields)
    }
  }

  private func read(_ line: [UInt8], _ matcher: PatternMatcher, _ groups: [Int]) -> MessageOutcome {
    switch matcher.match(line) {
    case .different: return .notMine
    case .tooCostly:
      return .damaged(.undecodable, "the pattern took too many steps on a line; make it simpler")
    case .matched(let ranges):
      return .values(
        zip(groups, points).map { group, point in
          guard let range = ranges[group] else { return .absent }
          return Self.value(Array(line[range]), point)
        })
    }
  }

  /// What has none of the fields is another's line.
  private func readings(_ nodes: [JSONNode?]) -> MessageOutcome {
    guard nodes.contains(where: { $0 != nil }) else { return .notMine }
    return .values(
      zip(nodes, points).map { node, point in
        switch node {
        case nil: .absent
        case .object, .array: .bad(.undecodable)
        case .word(let text) where text == Array("null".utf8): .bad(.sensorFault)
        case .word(let text), .text(let text): Self.value(text, point)
        }
      })
  }

  private func read(
    _ line: [UInt8], _ layout: NMEALayout, _ fields: [(sentence: String, field: NMEAField)]
  ) -> MessageOutcome {
    let sentence: NMEASentence
    do throws(NMEASentence.Failure) {
      sentence = try NMEASentence.parse(line)
    } catch {
      switch error {
      case .none: return .notMine
      case .missingChecksum:
        guard layout.acceptsMissingChecksum, let bare = NMEASentence.withoutChecksum(line) else {
          return .damaged(
            .checksum, "a sentence has no check sum; if the sensor never sends one, say checksum: optional")
        }
        sentence = bare
      case .wrongChecksum(let computed):
        let hex = String(computed, radix: 16, uppercase: true)
        return .damaged(
          .checksum, "a sentence has a wrong check sum (computed \(hex)); check cable, ground and baud rate")
      }
    }
    let values = zip(fields, points).map { wanted, point -> FieldValue in
      guard wanted.sentence == sentence.type else { return .absent }
      return sentence.value(wanted.field, as: point) ?? .absent
    }
    return values.contains { $0 != .absent } ? .values(values) : .ignored
  }

  /// An empty field is how a sensor says that it has no value.
  static func value(_ text: [UInt8], _ point: FieldPoint) -> FieldValue {
    FieldDecoder.trim(text).isEmpty ? .bad(.sensorFault) : FieldDecoder.value(text, as: point)
  }

  /// `a.b.0.c`, or `a.b[0].c`.
  static func path(_ text: String) -> ArraySlice<[UInt8]> {
    let plain = text.utf8.map { $0 == UInt8(ascii: "[") ? UInt8(ascii: ".") : $0 }.filter { $0 != UInt8(ascii: "]") }
    return plain.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: true).map(Array.init)[...]
  }
}

extension JSONNode {
  /// The text of a text or word.
  var scalar: [UInt8]? {
    switch self {
    case .text(let text), .word(let text): text
    case .object, .array: nil
    }
  }
}
