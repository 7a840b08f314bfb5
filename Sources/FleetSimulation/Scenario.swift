import GatewayRuntime
import Telemetry

/// What a seed stands for: how many gateways, for how long, and which faults happen how often.
///
/// Each kind of fault is on in some seeds and off in others, so that rare combinations come up and a run without a kind shows
/// what the others do alone.
public struct Scenario: Hashable, Sendable {
  public enum Fault: String, CaseIterable, Sendable {
    case gatewayKill = "gateway killed"
    case gatewayPowerCut = "gateway power cut"
    case gatewayDiskError = "gateway disk error"
    case gatewaySyncError = "gateway failed sync"
    case gatewayDiskFull = "gateway disk full"
    case gatewayDamage = "gateway store damaged"
    case smallCapacity = "outbox capacity reached"
    case centralKill = "central killed"
    case centralPowerCut = "central power cut"
    case centralDiskError = "central disk error"
    case linkLoss = "request lost"
    case answerLoss = "answer lost"
    case duplicateRequest = "request doubled"
    case slowAnswer = "answer after the time-out"
    case cutRequest = "request cut at a byte"
    case linkOutage = "link down"
    case clockStep = "clock stepped"
    case noClock = "boot without a clock"
    case busFault = "device silent"
    case restoredGateway = "gateway restored"
    case clonedGateway = "gateway cloned"
    case restoredCentral = "central restored"
    case brokerAway = "broker away"
    case reload = "configuration reloaded"
    // At the end, so that older seeds stand for what they stood for.
    case shortKeep = "values older than keep"
    case smallMemory = "memory full"
    case slowOpening = "outbox opened slowly"
    case liveDamage = "gateway store damaged while in use"

    /// Seeds that failed before there was such a fault go on without it; those that failed with it have its letter behind
    /// their number.
    static let younger: [(letter: Character, fault: Self)] = [
      ("k", .shortKeep), ("m", .smallMemory), ("o", .slowOpening), ("d", .liveDamage),
    ]
  }

  public var seed: UInt64
  public var gateways: Int
  public var devices: Int
  public var length: Duration
  public var scanInterval: Duration
  /// How often of a thousand occasions; absent: never.
  public var rates: [Fault: Int]

  public init(seed: UInt64, hours: Double? = nil) {
    var random = SeededRandom(seed: seed)
    self.seed = seed
    gateways = [1, 1, 1, 2, 2, 3, 5, 8][Int.random(in: 0..<8, using: &random)]
    devices = Int.random(in: 1...2, using: &random)
    let minutes = Int.random(in: 2...6, using: &random)
    length = hours.map { .seconds(Int64($0 * 3_600)) } ?? .seconds(60 * minutes / (gateways > 3 ? 2 : 1))
    scanInterval = .milliseconds([500, 1_000, 1_000, 2_000][Int.random(in: 0..<4, using: &random)])
    rates = [:]
    for fault in Fault.allCases {
      let isRare = [.restoredGateway, .clonedGateway, .restoredCentral, .gatewayDamage, .liveDamage].contains(fault)
      guard random.chance(isRare ? 120 : 350) else { continue }
      rates[fault] = [5, 20, 60, 200][Int.random(in: 0..<4, using: &random)]
    }
  }

  public func has(_ fault: Fault) -> Bool { rates[fault] != nil }

  /// How long the gateways keep what central does not take; nil: as long as there is room. From the seed itself, because
  /// other draws are to stay as they were.
  public var keep: Duration? { has(.shortKeep) ? .seconds([20, 45, 90][Int(seed % 3)]) : nil }

  /// What the gateways keep in memory while their stores take nothing.
  var memory: EngineMemory {
    var memory = EngineMemory()
    guard has(.smallMemory) else { return memory }
    memory.samples = [30, 100, 300][Int(seed % 3)]
    memory.alarmEvents = [1, 2, 4, 8][Int(seed % 4)]
    return memory
  }

  /// The outbox goes to the disk's own pages often, instead of to the log and to memory.
  var hasSmallCaches: Bool { has(.slowOpening) || has(.liveDamage) }

  /// The seeds that once failed, a line each: a number, with letters of ``Fault/younger``, and what it was.
  public static func regressions(in text: String) -> [Scenario] {
    text.split(separator: "\n").compactMap { line in
      let digits = line.prefix { $0.isNumber }
      guard let seed = UInt64(digits) else { return nil }
      var scenario = Scenario(seed: seed)
      let letters = line.dropFirst(digits.count).prefix { !$0.isWhitespace }
      for (letter, fault) in Fault.younger where !letters.contains(letter) { scenario.rates[fault] = nil }
      return scenario
    }
  }
}
