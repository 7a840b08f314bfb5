import TagExpressions
import TagWindows
import Telemetry

/// Who uses what, and what is evaluated first.
extension ComputedTags {
  /// Stack that the deepest expression needs.
  var deepest: Int {
    tags.reduce(1) { deepest, tag in
      switch tag.calculation {
      case .expression(let program): max(deepest, program.stackDepth)
      case .window: deepest
      }
    }
  }

  mutating func place(_ computed: [ComputedDevice], _ catalogue: Catalogue) {
    var known: [TagIndex: Int] = [:]
    for (index, device) in computed.enumerated() {
      precondition(device.interval > .zero, "a computed device without an interval")
      devices.append(Device(place: device.place, interval: device.interval, tagCount: device.tags.count))
      for (place, tag) in device.tags.enumerated() {
        let definition = catalogue.devices[device.place].tags[place]
        var made = Tag(
          device: index, place: place, name: "\(catalogue.devices[device.place].name)/\(definition.name)",
          definition: definition, calculation: tag.calculation, decimals: tag.decimals,
          inputs: tag.inputs.map { input(of: $0, catalogue, &known) })
        if case .window(let specification) = tag.calculation { made.window = TagWindow(specification) }
        tags.append(made)
      }
    }
    for index in tags.indices {
      tags[index].ownInput = known[TagIndex(device: devices[tags[index].device].place, tag: tags[index].place)]
    }
    // Of each tag, the tags of its own device that it uses.
    let own = tags.indices.map { index in
      tags[index].inputs.compactMap { input -> Int? in
        let used = inputs[input].tag
        return used.device == devices[tags[index].device].place ? index - tags[index].place + used.tag : nil
      }
    }
    for (index, used) in own.enumerated() { for other in used { tags[other].ownUsers.append(index) } }
    let order = Self.order(own)
    for index in order { devices[tags[index].device].order.append(index) }
    connect(order, own)
    orderDevices()
  }

  private mutating func input(of tag: TagIndex, _ catalogue: Catalogue, _ known: inout [TagIndex: Int]) -> Int {
    if let index = known[tag] { return index }
    known[tag] = inputs.count
    used[tag.device].append((tag.tag, inputs.count))
    inputs.append(Input(tag: tag, definition: catalogue.devices[tag.device].tags[tag.tag]))
    return inputs.count - 1
  }

  /// Tells the inputs of each tag, and of those of its device that it uses, that it uses them. A window is no way for what is
  /// new: it tells by itself when it has something.
  private mutating func connect(_ order: [Int], _ own: [[Int]]) {
    var foreign: [[Int]] = Array(repeating: [], count: tags.count)
    for index in order {
      let place = devices[tags[index].device].place
      var seen: Set<Int> = []
      for input in tags[index].inputs where inputs[input].tag.device != place && seen.insert(input).inserted {
        foreign[index].append(input)
      }
      if case .expression(let program) = tags[index].calculation { tags[index].usesClock = program.usesClock }
      for other in own[index] where tags[index].window == nil && tags[other].window == nil {
        for input in foreign[other] where seen.insert(input).inserted { foreign[index].append(input) }
        if tags[other].usesClock { tags[index].usesClock = true }
      }
      var bits: [Int: UInt64] = [:]
      for input in foreign[index] {
        let source = inputs[input].tag.device
        let bit = bits[source] ?? 1 << UInt64(min(bits.count, 63))
        bits[source] = bit
        inputs[input].users.append(User(tag: index, source: bit))
        tags[index].sources |= bit
      }
      if tags[index].usesClock { devices[tags[index].device].usesClock = true }
    }
  }

  /// Each device behind those that it uses; devices that use each other, by different tags, in the order of the file.
  private mutating func orderDevices() {
    let byPlace = Dictionary(uniqueKeysWithValues: devices.indices.map { (devices[$0].place, $0) })
    var uses = Array(repeating: Set<Int>(), count: devices.count)
    for tag in tags {
      for input in tag.inputs {
        if let other = byPlace[inputs[input].tag.device], other != tag.device { uses[tag.device].insert(other) }
      }
    }
    for (rank, index) in Self.order(uses.map { $0.sorted() }).enumerated() { devices[index].rank = rank }
  }

  /// The indices of `uses` in an order in which each comes behind those that it uses. Of a circle, the one that stands first
  /// comes first.
  private static func order(_ uses: [[Int]]) -> [Int] {
    var users: [[Int]] = Array(repeating: [], count: uses.count)
    var missing = uses.map(\.count)
    for (index, used) in uses.enumerated() { for other in used { users[other].append(index) } }
    var order = uses.indices.filter { missing[$0] == 0 }
    var isPlaced = missing.map { $0 == 0 }
    var next = 0
    var first = 0
    while order.count < uses.count || next < order.count {
      if next == order.count {
        while isPlaced[first] { first += 1 }
        isPlaced[first] = true
        order.append(first)
      }
      for user in users[order[next]] {
        missing[user] -= 1
        guard missing[user] == 0, !isPlaced[user] else { continue }
        isPlaced[user] = true
        order.append(user)
      }
      next += 1
    }
    return order
  }
}
