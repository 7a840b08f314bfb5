import Telemetry

/// Which tags a live viewer asked for.
struct TailFilter: Sendable {
  /// Tags by device, in the order of the catalogue; nil is every device with all its tags.
  private var chosen: [Int: [Int]]?
  private var names: [String] = []

  static let all = TailFilter(chosen: nil)

  struct UnknownName: Error, CustomStringConvertible { let description: String }

  private init(chosen: [Int: [Int]]?) { self.chosen = chosen }

  /// The same wish over another catalogue; names that are gone show nothing, until they are back.
  func moved(to catalogue: Catalogue) -> Self {
    guard chosen != nil else { return self }
    let known = names.filter { (try? Self([$0], catalogue: catalogue)) != nil }
    var moved = (known.isEmpty ? nil : try? Self(known, catalogue: catalogue)) ?? Self(chosen: [:])
    moved.names = names
    return moved
  }

  /// - Parameter names: `device` or `device/tag`; none is everything.
  init(_ names: [String], catalogue: Catalogue) throws(UnknownName) {
    guard !names.isEmpty else {
      self = .all
      return
    }
    var sets: [Int: Set<Int>] = [:]
    for name in names.prefix(EngineLimits.tailTags) {
      let parts = name.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      guard let device = catalogue.devices.firstIndex(where: { $0.name == parts[0] }) else {
        throw UnknownName(
          description: "there is no device '\(parts[0])'\(Self.hint(parts[0], catalogue.devices.map(\.name)))")
      }
      let tags = catalogue.devices[device].tags
      guard parts.count == 2 else {
        sets[device] = Set(tags.indices)
        continue
      }
      guard let tag = tags.firstIndex(where: { $0.name == parts[1] }) else {
        throw UnknownName(
          description: "device '\(parts[0])' has no tag '\(parts[1])'\(Self.hint(parts[1], tags.map(\.name)))")
      }
      sets[device, default: []].insert(tag)
    }
    chosen = sets.mapValues { $0.sorted() }
    self.names = names
  }

  private static func hint(_ name: String, _ known: [String]) -> String {
    if let nearest = EditDistance.nearest(to: name, among: known) { return "; did you mean '\(nearest)'?" }
    let shown = known.prefix(12).joined(separator: ", ")
    return "; known: \(shown)\(known.count > 12 ? " …" : "")"
  }

  /// The part of a scan that was asked for, nil when there is none.
  func apply(_ scan: DeviceScan, _ device: DeviceDefinition) -> (scan: DeviceScan, device: DeviceDefinition)? {
    guard let chosen else { return (scan, device) }
    guard let tags = chosen[scan.device] else { return nil }
    guard tags.count < device.tags.count else { return (scan, device) }
    var scan = scan
    let whole = scan
    scan.readings = tags.map { whole.readings[$0] }
    scan.texts = [:]
    for (place, tag) in tags.enumerated() { scan.texts[place] = whole.texts[tag] }
    return (scan, DeviceDefinition(name: device.name, tags: tags.map { device.tags[$0] }))
  }
}
