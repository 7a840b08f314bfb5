/// How the messages of a sensor are written.
public enum MessageFormat: Hashable, Sendable {
  /// A regular expression (PCRE2); its named groups are the fields.
  case pattern(String)
  /// One JSON object or array a line; fields are dotted paths.
  case json
  case csv(CSVLayout)
  case keyValue(KeyValueLayout)
  case nmea(NMEALayout)

  public var name: String {
    switch self {
    case .pattern: "pattern"
    case .json: "json"
    case .csv: "csv"
    case .keyValue: "key-value"
    case .nmea: "nmea"
    }
  }
}

/// Values in columns.
public struct CSVLayout: Hashable, Sendable {
  public enum Columns: Hashable, Sendable {
    /// Fields are numbers, from 1.
    case numbered
    /// Fields are these names, in the order of the columns.
    case named([String])
    /// Fields are names that the sensor sends in a line of their own before the values.
    case header
  }

  /// One byte; a blank stands for any number of blanks and tabs.
  public var separator: UInt8
  public var columns: Columns
  /// How many columns a line must have; nil: as many as the fields need, or more.
  public var count: Int?

  public init(separator: UInt8 = UInt8(ascii: ","), columns: Columns = .numbered, count: Int? = nil) {
    self.separator = separator
    self.columns = columns
    self.count = count
  }
}

/// `T=21.5 H=40`.
public struct KeyValueLayout: Hashable, Sendable {
  /// Between two pairs; nil: blanks, tabs, commas, semicolons and `&`, in any number.
  public var separator: UInt8?
  /// Between a key and its value; nil: `=` or `:`.
  public var assignment: UInt8?

  public init(separator: UInt8? = nil, assignment: UInt8? = nil) {
    self.separator = separator
    self.assignment = assignment
  }
}

/// NMEA 0183 sentences.
public struct NMEALayout: Hashable, Sendable {
  /// Sentences without a check sum are taken, too; a wrong one is refused in any case.
  public var acceptsMissingChecksum: Bool

  public init(acceptsMissingChecksum: Bool = false) {
    self.acceptsMissingChecksum = acceptsMissingChecksum
  }
}
