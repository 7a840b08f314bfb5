import ArgumentParser
import BatchCodec
import CentralCore
import FieldgateTestKit
import Glibc
import SQLiteCentralStore
import Telemetry

/// A store of central with some time of one gateway in it, as it would have come in batches.
struct FillCentral: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fill-central",
    abstract: "Make a store of central that holds some time of one gateway.",
    discussion: "The samples end now. The gateway is called 'bench', its device 'device1'; tags are temp0, count1, …")

  @Option(help: "Directory of the store; must exist.") var data: String
  @Option(help: "Tags of the one device, 1 to 4096.") var tags = 100
  @Option(help: "Scans, one a second.") var seconds = 3_600
  @Option(help: "Scans in a batch.") var batch = 10

  func validate() throws {
    guard (1...4_096).contains(tags), seconds > 0, batch > 0 else { throw ValidationError("see --help for ranges") }
  }

  func run() throws {
    let plant = ReferencePlant(devices: 1, tagsPerDevice: tags)
    let store = try SQLiteCentralStore(directory: data)
    let now = Timestamp(milliseconds: Int64(time(nil)) * 1_000)
    let began = now + .seconds(-seconds)
    let epoch = Epoch(high: 1, low: 1)
    let key = LaneKey(gateway: "bench", epoch: epoch, lane: .telemetry)
    var group = IngestMachine.Group()
    for number in 1...((seconds + batch - 1) / batch) {
      var columns = DeviceColumns(device: 0, tagCount: tags)
      for second in (number - 1) * batch..<min(number * batch, seconds) {
        let time = MonotonicTime(nanoseconds: Int64(second) * 1_000_000_000)
        columns.append(plant.scan(device: 0, at: time, began: began))
      }
      let bytes = try BatchCodec.encode(
        epoch: epoch, number: UInt64(number), catalogue: plant.catalogue, devices: [columns])
      group.batches.append((key, try ReceivedBatch(bytes)))
      group.heads[key] = LaneHead(position: UInt64(number), checksum: nil)
    }
    try store.commit(group, received: now)
    store.close()
  }
}
