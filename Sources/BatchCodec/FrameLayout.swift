public import Telemetry

/// What reading and writing the frames of a catalogue needs to know of it, found once.
public struct FrameLayout: Sendable {
  public let catalogue: Catalogue
  /// By device: where its tags begin in ``types``.
  let starts: [Int]
  /// Of all tags, device behind device.
  let types: [ValueType]
  /// By device: the first device whose tags have the same types in the same order. Devices of one kind have like values at
  /// like places, so a device's first row in a frame is written as the difference from the row before of its kind.
  let kinds: [Int]
  /// Some tag is a text; then texts stand behind the rows.
  let hasTexts: Bool

  public init(_ catalogue: Catalogue) {
    self.catalogue = catalogue
    var starts: [Int] = []
    var types: [ValueType] = []
    var kinds: [Int] = []
    var known: [[ValueType]: Int] = [:]
    for (index, device) in catalogue.devices.enumerated() {
      let own = device.tags.map(\.type)
      starts.append(types.count)
      types += own
      kinds.append(known[own] ?? index)
      if known[own] == nil { known[own] = index }
    }
    self.starts = starts
    self.types = types
    self.kinds = kinds
    hasTexts = types.contains(.text)
  }

  /// Where the tags of a device stand in ``types``.
  func range(_ device: Int) -> Range<Int> {
    starts[device]..<starts[device] + catalogue.devices[device].tags.count
  }
}

/// What each tag's next value in a frame is expected to be: its last one, or at first the last one of the tag at the same
/// place of a device of the same kind, or 0. Floats are kept as integers in the order of the numbers.
struct FrameExpectation {
  private let layout: FrameLayout
  private var isMet: [Bool]
  /// By kind: the device whose row came last.
  private var newest: [Int]
  var values: [Int64]

  init(_ layout: FrameLayout) {
    self.layout = layout
    isMet = Array(repeating: false, count: layout.kinds.count)
    newest = Array(repeating: -1, count: layout.kinds.count)
    values = Array(repeating: 0, count: layout.types.count)
  }

  /// Call before each row; gives where its tags begin in ``values``.
  mutating func begin(_ device: Int) -> Int {
    let start = layout.starts[device]
    let kind = layout.kinds[device]
    if !isMet[device] {
      isMet[device] = true
      if newest[kind] >= 0 {
        let other = layout.starts[newest[kind]]
        for tag in 0..<layout.range(device).count { values[start + tag] = values[other + tag] }
      }
    }
    newest[kind] = device
    return start
  }
}
