/// Keys about the pace of requests, of buses and of devices.
extension GatewaySettingsReader {
  static let pacingKeys = ["silence", "turn-round", "retries", "rs485"]
  static let readKeys = ["timeout", "turn-round", "retries", "max-registers", "max-bits", "gaps"]
  static let timeouts: ClosedRange<Duration> = .milliseconds(10) ... .seconds(60)
  private static let turnRounds: ClosedRange<Duration> = .zero ... .seconds(10)

  mutating func pacing(_ section: Section) -> BusPacing {
    var pacing = BusPacing()
    pacing.silence = section.duration("silence", .milliseconds(1) ... .seconds(1), &problems)
    pacing.turnRound = section.duration("turn-round", Self.turnRounds, &problems) ?? pacing.turnRound
    pacing.retries = section.integer("retries", 0...5, &problems) ?? pacing.retries
    return pacing
  }

  mutating func rs485(_ section: Section) -> RS485Settings? {
    guard let node = section.value("rs485"),
      let part = Section(
        node, "rs485 of \(section.title)", keys: ["rts-when-sending", "delay-before", "delay-after"], &problems)
    else { return nil }
    let delays: ClosedRange<Duration> = .zero ... .milliseconds(100)
    return RS485Settings(
      isRTSHighWhenSending: part.choice("rts-when-sending", [("high", true), ("low", false)], &problems) ?? true,
      delayBeforeSending: part.duration("delay-before", delays, &problems) ?? .zero,
      delayAfterSending: part.duration("delay-after", delays, &problems) ?? .zero)
  }

  /// - Parameter bus: whose values hold where the device has none of its own.
  mutating func reading(_ section: Section, bus: BusSettings?) -> ReadSettings {
    var reading = ReadSettings()
    reading.isContinuous = isContinuous(section)
    reading.timeout = section.duration("timeout", Self.timeouts, &problems)
    reading.turnRound =
      section.duration("turn-round", Self.turnRounds, &problems) ?? bus?.pacing.turnRound ?? reading.turnRound
    reading.retries = section.integer("retries", 0...5, &problems) ?? bus?.pacing.retries ?? reading.retries
    reading.maximumRegisters = section.integer("max-registers", 1...125, &problems) ?? reading.maximumRegisters
    reading.maximumBits = section.integer("max-bits", 1...2_000, &problems) ?? reading.maximumBits
    reading.bridgesGaps = section.flag("gaps", &problems) ?? reading.bridgesGaps
    return reading
  }

  private func isContinuous(_ section: Section) -> Bool {
    if case .scalar("continuous", false) = section.value("every")?.content { true } else { false }
  }

  /// Nil, with the problem reported, when it is missing or wrong. A continuous device rests for the shortest interval.
  mutating func interval(_ section: Section) -> Duration? {
    guard section.require("every", example: "1s", &problems) else { return nil }
    let range: ClosedRange<Duration> = .milliseconds(10) ... .seconds(86_400)
    return isContinuous(section) ? range.lowerBound : section.duration("every", range, &problems)
  }
}
