import GatewayCore
import JSONText
import Telemetry

/// What `fieldgate read` is to read.
public struct RawRead: Sendable {
  public var bus: String
  public var unit: Int
  /// `coil`, `discrete`, `holding` or `input`.
  public var table: String
  public var address: Int
  /// Values, not registers.
  public var count: Int
  /// As in the configuration: `uint16`, `float32` …
  public var type: String
  /// As in the configuration: `big-big`, `little-big` …
  public var order: String

  public init(
    bus: String, unit: Int, table: String, address: Int, count: Int, type: String, order: String
  ) {
    self.bus = bus
    self.unit = unit
    self.table = table
    self.address = address
    self.count = count
    self.type = type
    self.order = order
  }

  static let tables: [(name: String, table: RegisterTable)] = [
    ("coil", .coil), ("discrete", .discreteInput), ("holding", .holdingRegister), ("input", .inputRegister),
  ]

  /// The request, and how each value is read from its reply.
  func request() throws -> (request: ReadRequest, points: [RegisterPoint]) {
    guard let table = Self.tables.first(where: { $0.name == table })?.table else {
      throw GatewayClient.Failure(description: "a table is coil, discrete, holding or input, not '\(table)'")
    }
    guard let type = RegisterType(rawValue: type) else {
      let known = RegisterType.allCases.map(\.rawValue).joined(separator: ", ")
      throw GatewayClient.Failure(description: "there is no type '\(type)'; known: \(known)")
    }
    guard let order = WordOrder(rawValue: order) else {
      let known = WordOrder.allCases.map(\.rawValue).joined(separator: ", ")
      throw GatewayClient.Failure(description: "there is no order '\(order)'; known: \(known)")
    }
    let width = table.isBits ? 1 : type.registerCount
    guard let unit = UInt8(exactly: unit), let first = UInt16(exactly: address), count >= 1,
      count * width <= table.maximumReadCount, address + count * width <= 65_536
    else {
      throw GatewayClient.Failure(
        description:
          "units are 0 to 255, addresses 0 to 65535, and one read has at most \(table.maximumReadCount) entries")
    }
    if type == .string, !table.isBits {
      // One text over all of them.
      let point = RegisterPoint(table: table, address: first, type: type, order: order, length: count)
      return (ReadRequest(unit: unit, table: table, address: first, count: count), [point])
    }
    let points = (0..<count).map {
      RegisterPoint(table: table, address: first + UInt16($0 * width), type: table.isBits ? .bool : type, order: order)
    }
    return (ReadRequest(unit: unit, table: table, address: first, count: count * width), points)
  }
}

extension GatewayClient {
  /// Reads through the daemon, before its next poll, and prints each value with its registers.
  public func read(_ read: RawRead) throws {
    let (request, points) = try read.request()
    try send("read") { json in
      json.member("bus", read.bus)
      json.member("unit", read.unit)
      json.member("table", read.table)
      json.member("address", read.address)
      json.member("count", request.count)
    }
    let line = try answer(timeout: .seconds(90)).line
    if let failure = line.read?.failure { throw Failure(description: failure.message) }
    guard let entries = line.read?.entries, entries.count == request.count else {
      throw Failure(description: "the daemon answered something else")
    }
    read.show(entries, points, json: printsJSON, output)
  }
}

extension RawRead {
  /// One line a value, with its registers, or all as one JSON object.
  func show(_ entries: [UInt16], _ points: [RegisterPoint], json: Bool, _ output: (String) -> Void) {
    guard !json else { return output(GatewayClient.json(self, entries, points)) }
    for point in points {
      let offset = Int(point.address) - address
      let words = entries[offset..<offset + point.entryCount].map(GatewayClient.hexadecimal).joined(separator: " ")
      output("\(point.table.name) \(point.address)  \(words)  \(GatewayClient.text(entries, offset, point))")
    }
  }
}

extension GatewayClient {
  /// The daemon's answer, with the values that it holds in the type that was asked for: null where there is none.
  static func json(_ read: RawRead, _ entries: [UInt16], _ points: [RegisterPoint]) -> String {
    JSONWriter.text { json in
      json.object { json in
        json.object("read") { json in
          json.member("bus", read.bus)
          json.member("unit", read.unit)
          json.member("table", read.table)
          json.member("address", read.address)
          json.member("type", points.first?.type.rawValue ?? read.type)
          json.array("entries") { json in for entry in entries { json.integer(entry) } }
          json.array("values") { json in
            for point in points { write(entries, Int(point.address) - read.address, point, to: &json) }
          }
        }
      }
    }
  }

  private static func write(_ entries: [UInt16], _ offset: Int, _ point: RegisterPoint, to json: inout JSONWriter) {
    if point.type == .string {
      if let text = RegisterDecoder.text(entries, at: offset, as: point) { json.string(text) } else { json.null() }
      return
    }
    switch RegisterDecoder.decode(entries, at: offset, as: point).value(point.type.valueType) {
    case nil: json.null()
    case .boolean(let flag): json.bool(flag)
    case .integer(let integer): json.integer(integer)
    case .float32(let float): json.float(float)
    case .float64(let double): json.double(double)
    }
  }

  fileprivate static func hexadecimal(_ word: UInt16) -> String {
    let text = String(word, radix: 16)
    return "0x" + String(repeating: "0", count: 4 - text.count) + text
  }

  fileprivate static func text(_ entries: [UInt16], _ offset: Int, _ point: RegisterPoint) -> String {
    if point.type == .string {
      return RegisterDecoder.text(entries, at: offset, as: point).map { "\"\($0)\"" } ?? "— (no text)"
    }
    let reading = RegisterDecoder.decode(entries, at: offset, as: point)
    return switch reading.value(point.type.valueType) {
    case nil: "— (\(reading.quality.reason.name))"
    case .boolean(let flag): flag ? "on" : "off"
    case .integer(let integer): "\(integer)"
    case .float32(let float): "\(float)"
    case .float64(let double): "\(double)"
    }
  }
}
