public import Telemetry

/// A Modbus device behind one unit id, as a server sees it: answers protocol data units. Not thread-safe; a server's thread
/// owns it.
public struct SimulatedDevice: Sendable {
  public var name: String
  public var unit: UInt8
  public let tags: [SimulatedTag]
  private let seed: UInt64
  private var reads: UInt64 = 0
  /// What holds each entry: tag and word, by table and address.
  private let map: [UInt32: (tag: Int, word: Int)]
  private var written: [UInt32: UInt16] = [:]

  public init(name: String, unit: UInt8, tags: [SimulatedTag], seed: UInt64 = 1) {
    self.name = name
    self.unit = unit
    self.tags = tags
    self.seed = seed
    var map: [UInt32: (tag: Int, word: Int)] = [:]
    for (index, tag) in tags.enumerated() {
      for word in 0..<tag.point.entryCount {
        map[Self.key(tag.point.table, Int(tag.point.address) + word)] = (index, word)
      }
    }
    self.map = map
  }

  private static func key(_ table: RegisterTable, _ address: Int) -> UInt32 {
    UInt32(table.rawValue) << 16 | UInt32(address)
  }

  /// Answers one request: function and data, without unit, length or check sum. A device answers reads of its own tags;
  /// between them it holds zeros, up to the highest address of the table.
  public mutating func answer(_ request: ArraySlice<UInt8>, time: Double) -> [UInt8] {
    guard let function = request.first else { return [] }
    let data = Array(request.dropFirst())
    guard data.count >= 4 else { return Self.exception(function, 3) }
    let first = Int(data[0]) << 8 | Int(data[1])
    let second = Int(data[2]) << 8 | Int(data[3])
    switch function {
    case 1: return read(.coil, function, first, second, time)
    case 2: return read(.discreteInput, function, first, second, time)
    case 3: return read(.holdingRegister, function, first, second, time)
    case 4: return read(.inputRegister, function, first, second, time)
    case 5:
      guard second == 0 || second == 0xff00 else { return Self.exception(function, 3) }
      return write(.coil, request, [first: second == 0 ? 0 : 1])
    case 6: return write(.holdingRegister, request, [first: UInt16(second)])
    default: return Self.exception(function, 1)
    }
  }

  private static func exception(_ function: UInt8, _ code: UInt8) -> [UInt8] { [function | 0x80, code] }

  private mutating func write(
    _ table: RegisterTable, _ request: ArraySlice<UInt8>, _ values: [Int: UInt16]
  ) -> [UInt8] {
    for (address, value) in values {
      let key = Self.key(table, address)
      guard map[key] != nil else { return Self.exception(request.first ?? 0, 2) }
      written[key] = value
    }
    return Array(request)
  }

  private mutating func read(
    _ table: RegisterTable, _ function: UInt8, _ start: Int, _ count: Int, _ time: Double
  ) -> [UInt8] {
    guard (1...table.maximumReadCount).contains(count) else { return Self.exception(function, 3) }
    guard
      let last = tags.filter({ $0.point.table == table }).map({ Int($0.point.address) + $0.point.entryCount }).max(),
      start + count <= last
    else { return Self.exception(function, 2) }
    let entries = entries(table, start, count, time)
    guard table.isBits else {
      return [function, UInt8(count * 2)] + entries.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xff)] }
    }
    var bytes = [UInt8](repeating: 0, count: (count + 7) / 8)
    for (index, bit) in entries.enumerated() where bit != 0 { bytes[index / 8] |= 1 << UInt8(index % 8) }
    return [function, UInt8(bytes.count)] + bytes
  }

  private mutating func entries(_ table: RegisterTable, _ start: Int, _ count: Int, _ time: Double) -> [UInt16] {
    var entries = [UInt16](repeating: 0, count: count)
    var known: (tag: Int, words: [UInt16])?
    for offset in 0..<count {
      let key = Self.key(table, start + offset)
      if let value = written[key] {
        entries[offset] = value
        continue
      }
      guard let (index, word) = map[key] else { continue }
      if known?.tag != index {
        let tag = tags[index]
        if tag.signal == .scanCounter, word == 0 { reads += 1 }
        let value = tag.signal.value(at: time, seed: seed &+ UInt64(index) &* 7_919, reads: reads)
        known = (index, tag.registers(value))
      }
      if let words = known?.words { entries[offset] = words[word] }
    }
    return entries
  }
}
