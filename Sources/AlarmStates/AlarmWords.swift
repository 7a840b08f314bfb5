import Telemetry

/// Sentences of alarm events.
public enum AlarmWords {
  /// `40 s`, `10 min`, `2 h 30 min`, `3 d`: at most two units, rounded down.
  public static func duration(_ duration: Duration) -> String {
    let seconds = max(0, duration.wholeMilliseconds / 1_000)
    let units: [(Int64, String)] = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")]
    guard let first = units.firstIndex(where: { seconds >= $0.0 }) else { return "0 s" }
    var text = "\(seconds / units[first].0) \(units[first].1)"
    guard first + 1 < units.count else { return text }
    let rest = seconds % units[first].0 / units[first + 1].0
    if rest > 0 { text += " \(rest) \(units[first + 1].1)" }
    return text
  }

  /// The name of the alarm that stands for a flood of a device's alarms; within the bound of names.
  public static func floodName(_ device: String) -> String {
    let suffix = ".alarm_flood"
    let most = 64 - suffix.utf8.count
    guard device.utf8.count > most else { return device + suffix }
    // The hash of the whole name keeps two long ones apart.
    let mark = "-" + String(FNV1a.hash(device.utf8), radix: 36)
    return cut(device, to: most - mark.utf8.count) + mark + suffix
  }

  /// A text of at most so many UTF-8 bytes, cut between characters.
  public static func cut(_ text: String, to bytes: Int) -> String {
    guard text.utf8.count > bytes else { return text }
    var (kept, size) = ("", 0)
    for character in text {
      size += character.utf8.count
      if size > bytes { break }
      kept.append(character)
    }
    return kept
  }

  /// A text of people as one line that can be printed: whatever moves the cursor, breaks the line or turns the direction
  /// of writing becomes a space, and spaces around it go. Else a comment could look like an alarm of its own.
  public static func oneLine(_ text: String) -> String {
    let scalars = text.unicodeScalars.map { scalar -> Unicode.Scalar in
      switch scalar.properties.generalCategory {
      case .control, .lineSeparator, .paragraphSeparator, .surrogate: " "
      case .format where scalar.properties.isBidiControl: " "
      default: scalar
      }
    }
    var line = String(String.UnicodeScalarView(scalars))
    while line.last == " " { line.removeLast() }
    return String(line.drop { $0 == " " })
  }

  static let removed = "the rule was removed from the configuration"

  /// `; chattering: 14 times in 10 min`
  static func chattering(_ watch: RaiseWatch, now: MonotonicTime) -> String {
    guard let since = watch.since else { return "" }
    return "; chattering: \(watch.count) times in \(duration(now - since))"
  }

  static func flood(_ device: String, _ watch: RaiseWatch, now: MonotonicTime) -> String {
    "\(watch.count) alarms of \(device) in \(duration(now - (watch.since ?? now))); "
      + "single ones are recorded, and shown when it is quiet"
  }

  static func floodOver(_ device: String, _ watch: RaiseWatch, now: MonotonicTime) -> String {
    guard let since = watch.since else { return "the flood of alarms of \(device) is over" }
    return "the flood of alarms of \(device) is over: \(watch.count) in \(duration(now - since))"
  }

  static func by(_ who: String) -> String { who.isEmpty ? "" : " by \(who)" }
}
