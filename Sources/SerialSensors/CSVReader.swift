import Telemetry

/// Reads lines of columns; learns the names of the columns where the sensor sends them.
struct CSVReader: Sendable {
  private let layout: CSVLayout
  private let points: [FieldPoint]
  private let wanted: [String]
  private let conditions: [FieldCondition]
  /// Of each of `wanted`, the index of its column; nil before the header came.
  private var places: [Int]?
  private var columnCount: Int?

  init(_ layout: CSVLayout, conditions: [FieldCondition], points: [FieldPoint]) throws(FormatError) {
    self.layout = layout
    self.points = points
    self.conditions = conditions
    wanted = points.map(\.field) + conditions.map(\.field)
    columnCount = layout.count
    switch layout.columns {
    case .header: break
    case .named(let names):
      columnCount = names.count
      places = try Self.places(wanted) { name in
        guard let place = names.firstIndex(of: name) else {
          return .failure(
            FormatError(
              "names '\(name)', which is no column", hint: "the columns are: \(names.joined(separator: ", "))"))
        }
        return .success(place)
      }
    case .numbered:
      let limit = layout.count ?? FieldSplitter.maximumCount
      places = try Self.places(wanted) { name in
        guard let number = Int(name), (1...limit).contains(number) else {
          return .failure(
            FormatError(
              "is '\(name)', and columns have numbers from 1 to \(limit)",
              hint: "or name the columns: columns: [time, temperature], or header: true"))
        }
        return .success(number - 1)
      }
    }
  }

  private static func places(
    _ wanted: [String], _ find: (String) -> Result<Int, FormatError>
  ) throws(FormatError) -> [Int] {
    var places: [Int] = []
    for (index, name) in wanted.enumerated() {
      do throws(FormatError) {
        places.append(try find(name).get())
      } catch {
        throw FormatError(error.message, hint: error.hint, field: index)
      }
    }
    return places
  }

  mutating func read(_ line: [UInt8]) -> MessageOutcome {
    guard let columns = FieldSplitter.columns(line, separator: layout.separator) else { return .notMine }
    if layout.columns == .header {
      let names = columns.map { String(decoding: FieldDecoder.trim($0), as: UTF8.self) }
      let found = wanted.compactMap { names.firstIndex(of: $0) }
      if found.count == wanted.count {
        places = found
        columnCount = columns.count
        return .ignored
      }
    }
    guard let places else { return .notMine }
    if let columnCount, columns.count != columnCount { return .notMine }
    guard (places.max() ?? 0) < columns.count else { return .notMine }
    for (condition, place) in zip(conditions, places.dropFirst(points.count))
    where FieldDecoder.trim(columns[place]) != Array(condition.text.utf8) {
      return .notMine
    }
    let values = zip(points, places).map { MessageReader.value(columns[$1], $0) }
    // A line of words between the values is no line of values: a title, a greeting. Every word is a string, so only the
    // others can tell.
    let judged = zip(points, values).filter { $0.0.type != .string || $0.1.text == nil }
    let isTitle = judged.allSatisfy { $0.1.reading.quality == .bad(.undecodable) }
    return isTitle && !judged.isEmpty ? .notMine : .values(values)
  }
}
