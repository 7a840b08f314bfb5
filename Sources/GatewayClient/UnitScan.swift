import Telemetry

/// What a scan of one unit id asks, and what it learnt. Pure: the questions go out elsewhere.
struct UnitScan: Sendable {
  enum Answer: Hashable, Sendable {
    case reply([UInt8])
    /// The device itself refused: it is there.
    case exception(String)
    case silence
  }

  struct Question: Sendable {
    var name: String
    var bytes: [UInt8]
  }

  /// The first shows whether anybody is there. Reads are of one entry at address 0: whether that exists does not matter.
  static let questions: [Question] = [
    Question(name: "read holding registers", bytes: [3, 0, 0, 0, 1]),
    Question(name: "read input registers", bytes: [4, 0, 0, 0, 1]),
    Question(name: "read coils", bytes: [1, 0, 0, 0, 1]),
    Question(name: "read discrete inputs", bytes: [2, 0, 0, 0, 1]),
    Question(name: "identification", bytes: [43, 14, 1, 0]),
  ]

  private static let gatewayRefusals: Set<String> = [
    Quality.Reason.exception(10).name, Quality.Reason.exception(11).name,
  ]

  let unit: Int
  private(set) var functions: [String] = []
  /// Maker, product and version, as far as the device says them.
  private(set) var identity: [String] = []
  private(set) var isPresent = false
  private var next = 0

  init(unit: Int) { self.unit = unit }

  /// Nil when nothing is left to ask.
  var question: Question? { next < Self.questions.count ? Self.questions[next] : nil }

  mutating func take(_ answer: Answer) {
    guard let question else { return }
    next += 1
    switch answer {
    case .silence:
      // Nobody answers the first question: nobody is there. Some devices are silent to functions they do not know.
      if !isPresent { next = Self.questions.count }
    case .exception(let name) where Self.gatewayRefusals.contains(name):
      // A TCP-to-serial gateway says this of units behind it that do not answer, so it is silence.
      if !isPresent { next = Self.questions.count }
    case .exception(let name):
      isPresent = true
      if name != "illegal function" { functions.append(question.name) }
    case .reply(let bytes):
      isPresent = true
      functions.append(question.name)
      if bytes.first == 43 { identity = Self.texts(bytes) }
    }
  }

  /// The objects of a device identification (Modbus Application Protocol 1.1b3, section 6.21).
  static func texts(_ bytes: [UInt8]) -> [String] {
    guard bytes.count > 7 else { return [] }
    var texts: [String] = []
    var place = 7
    for _ in 0..<bytes[6] {
      guard place + 2 <= bytes.count, place + 2 + Int(bytes[place + 1]) <= bytes.count else { break }
      let text = bytes[(place + 2)..<(place + 2 + Int(bytes[place + 1]))]
      texts.append(String(decoding: text.filter { (0x20..<0x7f).contains($0) }, as: UTF8.self))
      place += 2 + Int(bytes[place + 1])
    }
    return texts
  }
}
