import BatchCodec
import Telemetry

/// Which tags' newest readings are known, while the batches of one lane are gone through from the newest backwards. Most
/// batches then need not be unpacked at all: a later one has newer readings of all their tags.
struct NewestReadings {
  /// By the device's name.
  private var known: [String: (definition: DeviceDefinition, tags: [Bool])] = [:]

  /// The readings of a batch that are newer than all that was seen; remembers their tags.
  ///
  /// - Throws: when the batch cannot be decoded, which its summary's being read rules out.
  mutating func takeNews(of received: ReceivedBatch) throws(CodecError) -> [ReceivedBatch.News] {
    guard case .telemetry(let catalogue, let blocks, _) = received.summary.content else { return [] }
    var news: [ReceivedBatch.News] = []
    var decoded: [DeviceColumns]?
    // A device that is in a batch twice is newest in its last block.
    for block in blocks.reversed() where !block.speaks.isEmpty {
      let definition = catalogue.devices[block.device]
      let seen = recall(definition)
      guard zip(block.speaks, seen).contains(where: { $0 && !$1 }) else { continue }
      if decoded == nil { decoded = try Self.samples(received) }
      guard let columns = decoded?.first(where: { $0.device == block.device }) else { continue }
      for tag in definition.tags.indices where block.speaks[tag] && !seen[tag] {
        let column = columns.columns[tag]
        guard let row = column.qualities.lastIndex(where: { $0.level != .absent }) else { continue }
        let text = definition.tags[tag].type == .text ? column.text(row) : nil
        news.append(
          .init(device: block.device, tag: tag, time: columns.times[row], reading: column[row], text: text))
        known[definition.name]?.tags[tag] = true
      }
    }
    return news
  }

  /// By tag of this definition: whether its newest reading is known.
  private mutating func recall(_ definition: DeviceDefinition) -> [Bool] {
    if let seen = known[definition.name], seen.definition == definition { return seen.tags }
    var names: Set<String> = []
    if let seen = known[definition.name] {
      // Another configuration: tags are known again by their names.
      for (index, tag) in seen.definition.tags.enumerated() where seen.tags[index] { names.insert(tag.name) }
    }
    let tags = definition.tags.map { names.contains($0.name) }
    known[definition.name] = (definition, tags)
    return tags
  }

  private static func samples(_ received: ReceivedBatch) throws(CodecError) -> [DeviceColumns] {
    guard case .telemetry(_, let devices, _, _) = try BatchCodec.decode(received.bytes[...]).content else { return [] }
    return devices
  }
}
