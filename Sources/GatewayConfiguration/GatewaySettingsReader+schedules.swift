import RuleEngine
import Telemetry

/// When rules are in force.
extension GatewaySettingsReader {
  static let dayNames = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
  static let maximumScheduleParts = 16

  /// One entry or a list of them.
  mutating func schedule(_ section: Section) -> Schedule? {
    guard let node = section.value("schedule") else { return nil }
    let who = "'schedule' of \(section.title)"
    if case .sequence = node.content {
      let items = section.list(
        "schedule", limit: Self.maximumScheduleParts, example: "{ days: mon-fri, from: \"06:00\", to: \"22:00\" }",
        &problems)
      let parts = items.compactMap { part($0, who) }
      return parts.isEmpty ? nil : Schedule(parts)
    }
    return part(node, who).map { Schedule([$0]) }
  }

  private mutating func part(_ node: YAMLNode, _ who: String) -> Schedule.Part? {
    guard let section = Section(node, who, keys: ["days", "from", "to"], &problems) else { return nil }
    var part = Schedule.Part()
    if let text = section.text("days", &problems), let place = section.value("days") {
      guard let days = Self.days(text) else {
        problems.error(
          place, "'days' of \(who) cannot be '\(text)'",
          hint: "days are mon, tue, wed, thu, fri, sat, sun, alone or as mon-fri, with commas between them")
        return nil
      }
      part.days = days
    }
    // Both are read before either is given up, so that both mistakes are told.
    let times = (from: time("from", section, or: part.from), to: time("to", section, or: part.to))
    guard let from = times.from, let to = times.to else { return nil }
    part.from = from
    part.to = to
    guard from < 1_440, from != to else {
      problems.error(
        node, "\(who) begins and ends at the same time", hint: "leave both out for the whole day")
      return nil
    }
    return part
  }

  private mutating func time(_ key: String, _ section: Section, or usual: Int) -> Int? {
    guard section.has(key) else { return usual }
    guard let text = section.text(key, &problems), let node = section.value(key) else { return nil }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, parts[1].utf8.count == 2, let hour = Int(parts[0]), let minute = Int(parts[1]),
      (0..<60).contains(minute), (0...1_440).contains(hour * 60 + minute), (0...24).contains(hour)
    else {
      problems.error(
        node, "'\(key)' of \(section.title) cannot be '\(text)'",
        hint: "it is a time of the day in 24 hours, for example: \(key): \"06:30\"")
      return nil
    }
    return hour * 60 + minute
  }

  /// `mon-fri, sun`; a range may run over the end of the week.
  private static func days(_ text: String) -> Set<Int>? {
    var days: Set<Int> = []
    for entry in text.split(separator: ",", omittingEmptySubsequences: false) {
      let ends = entry.split(separator: "-", omittingEmptySubsequences: false).map { end in
        dayNames.firstIndex(of: end.filter { $0 != " " })
      }
      guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1] else { return nil }
      for step in 0...((last - first + 7) % 7) { days.insert((first + step) % 7) }
    }
    return days
  }
}
