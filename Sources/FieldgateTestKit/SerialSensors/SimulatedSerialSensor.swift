/// What a simulated serial sensor says: message after message, each with a number of its own, so that a test sees what was
/// lost or mixed up. Values follow from the number alone: temperature = 20 + (number mod 100) / 10.
struct SimulatedSerialSensor {
  let kind: SerialSensorKind
  var fault: SerialFault?
  /// Number of the newest message.
  private(set) var number = 0
  private var random: SplitMix64

  init(_ kind: SerialSensorKind, seed: UInt64) {
    self.kind = kind
    random = SplitMix64(seed: seed)
  }

  private var tenths: Int { 200 + number % 100 }
  private var temperature: String { "\(tenths / 10).\(tenths % 10)" }

  /// What it sends by itself, once each period.
  mutating func messages() -> [UInt8] {
    guard !kind.isAsked, fault != .silent else { return [] }
    var bytes: [UInt8] = []
    for _ in 0..<(fault == .flood ? 100 : 1) {
      number += 1
      bytes += spoilt(message())
    }
    return bytes
  }

  private func message() -> [UInt8] {
    switch kind {
    case .lines: return Array("T=\(temperature) C H=40 % n=\(number)\r\n".utf8)
    case .json: return Array("{\"t\":\(temperature),\"wind\":{\"speed\":3.5},\"n\":\(number)}\n".utf8)
    case .csv: return Array("12:00:00;\(temperature);40;\(number)\r\n".utf8)
    case .keyValue: return Array("T=\(temperature),H=40,n=\(number)\r\n".utf8)
    case .nmea:
      return sentence("GPRMC,120000,A,4807.038,N,01131.000,E,\(temperature),084.4,230394,,,A")
        + sentence("WIMWV,214.8,T,\(temperature),M,A") + sentence("WIXDR,C,\(number),C,COUNT")
    case .scale, .sdi12: return []
    }
  }

  private func sentence(_ body: String) -> [UInt8] {
    let sum = body.utf8.reduce(0, ^) ^ (fault == .checksum ? 1 : 0)
    let digits = String(sum, radix: 16, uppercase: true)
    return Array("$\(body)*\(digits.count == 1 ? "0" : "")\(digits)\r\n".utf8)
  }

  private mutating func spoilt(_ message: [UInt8]) -> [UInt8] {
    switch fault {
    case .halves where number % 2 == 0: return Array(message.prefix(message.count / 2))
    case .noise:
      let noise = (0..<Int(random.next() % 40)).map { _ in UInt8(truncatingIfNeeded: random.next() | 0x80) }
      guard number % 3 == 0 else { return noise + [0x0d, 0x0a] + message }
      var message = message
      message[message.count / 2] = 0xa5
      return message + noise + [0x0d, 0x0a]
    default: return message
    }
  }

  // MARK: Being asked

  /// What it answers to a request; nil when that is not complete or not for it. What was understood is taken off.
  mutating func answer(_ input: inout [UInt8]) -> [UInt8]? {
    switch kind {
    case .scale:
      guard let end = input.firstIndex(of: 0x0a) else { return nil }
      let request = String(decoding: input[..<end], as: UTF8.self)
      input.removeFirst(end + 1)
      guard request == "READ\r", fault != .silent else { return nil }
      number += 1
      return spoilt(Array("ST,GS,+   \(temperature)kg\r\n".utf8))
    case .sdi12:
      guard let end = input.firstIndex(of: UInt8(ascii: "!")) else { return nil }
      let command = String(decoding: input[...end], as: UTF8.self)
      input.removeFirst(end + 1)
      guard fault != .silent, let reply = sdi12(command) else { return Array(command.utf8) }
      return Array(command.utf8) + spoilt(Array(reply.utf8) + [0x0d, 0x0a])
    default:
      input = []
      return nil
    }
  }

  private mutating func sdi12(_ command: String) -> String? {
    guard let address = command.first, "012".contains(address) else { return nil }
    switch command.dropFirst() {
    case "I!": return "\(address)14ACME    SOIL0\(address)100n\(address)"
    case "M!", "MC!":
      number += 1
      return "\(address)0003"
    case "C!", "CC!":
      number += 1
      return "\(address)00103"
    case "D0!": return withChecksum("\(address)+\(temperature)-1.5")
    case "D1!": return withChecksum("\(address)+\(number)")
    default: return nil
    }
  }

  /// Address 2 sends check sums.
  private func withChecksum(_ text: String) -> String {
    guard text.first == "2" else { return text }
    var crc: UInt16 = fault == .checksum ? 1 : 0
    for byte in text.utf8 {
      crc ^= UInt16(byte)
      for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xa001 : crc >> 1 }
    }
    let code = [0x40 | crc >> 12, 0x40 | crc >> 6 & 0x3f, 0x40 | crc & 0x3f].map { UInt8($0) }
    return text + String(decoding: code, as: UTF8.self)
  }
}
