import BatchCodec
import CentralCore
import GatewayCore
import SQLiteCentralStore
import SimulatedDisk
import SyncProtocol
import Telemetry

/// Central as its service runs it: the real machine and the real store, on a simulated disk, under virtual time.
final class SimulatedCentral {
  let disk: SimulatedDisk
  private let time: VirtualTime
  private let history: History
  private let bugs: PlantedBugs
  private var random: SeededRandom
  private var store: SQLiteCentralStore?
  private var machine = IngestMachine()
  private var open: [Int: (IngestAnswer) -> Void] = [:]
  private var nextIdentifier = 1
  /// Requests of an earlier life get no answer.
  private(set) var life = 0
  private var isMute = false

  init(seed: UInt64, time: VirtualTime, history: History, bugs: PlantedBugs) {
    disk = SimulatedDisk(seed: seed)
    disk.ignoresSync = bugs.contains(.centralIgnoresSync)
    random = SeededRandom(seed: seed &+ 1)
    self.time = time
    self.history = history
    self.bugs = bugs
    start()
  }

  var isRunning: Bool { store != nil }

  func start() {
    life += 1
    machine = IngestMachine()
    open.removeAll()
    store = try? SQLiteCentralStore(directory: "/central", vfs: disk.vfsName)
    if store == nil { time.after(.seconds(2)) { [self] in if store == nil { start() } } }
  }

  /// - Parameter isPowerCut: what was not synced may be gone.
  func stop(isPowerCut: Bool) {
    life += 1
    if isPowerCut { disk.powerCut() } else { disk.kill() }
    store?.close()
    store = nil
    open.removeAll()
  }

  /// Ends in good order, so that its files can be read.
  func finish() {
    store?.close()
    store = nil
    open.removeAll()
  }

  func position(_ key: LaneKey, at number: UInt64?, _ answer: @escaping (IngestAnswer) -> Void) {
    guard let store, !isMute else { return }
    answer(PositionAnswer.make(key, at: number, store))
  }

  func post(_ body: [UInt8], after: UInt32?, gateway: String, _ answer: @escaping (IngestAnswer) -> Void) {
    guard store != nil, !isMute else { return }
    if bugs.contains(.stopsAnswering), random.chance(20) { isMute = true }
    switch SubmissionReader.read(body, gateway: gateway, identifier: nextIdentifier, after: after) {
    case .failure(let refusal): answer(refusal.answer)
    case .success(let submission):
      open[nextIdentifier] = answer
      nextIdentifier += 1
      machine.submit(tamper(submission), now: time.now)
      if machine.queuedBytes > IngestMachine.maximumQueuedBytes { history.report(.boundExceeded, "central's queue") }
      turn()
    }
  }

  /// What the planted bugs do to a request.
  private func tamper(_ submission: Submission) -> Submission {
    var changed = submission
    for index in changed.batches.indices {
      if bugs.contains(.dropsBatches), random.chance(20) { Self.empty(&changed.batches[index]) }
      if bugs.contains(.changesValues), random.chance(20) { Self.changeValue(&changed.batches[index]) }
      if bugs.contains(.swapsAlarms) { Self.swapAlarms(&changed.batches[index]) }
      if bugs.contains(.losesNotices) { Self.removeNotices(&changed.batches[index]) }
      if bugs.contains(.storesTwice), index > 0, random.chance(100) {
        Self.copy(changed.batches[index - 1], into: &changed.batches[index])
      }
    }
    return changed
  }

  /// What a batch of alarms says, for the trace.
  private static func events(_ bytes: [UInt8]) -> String {
    guard case .alarms(let events, let losses)? = try? BatchCodec.decode(bytes[...]).content else { return "" }
    let words =
      events.map { "\($0.transition) \($0.alarm) at \($0.time.milliseconds)" } + losses.map { "loss \($0.reason)" }
    return " (" + words.joined(separator: ", ") + ")"
  }

  private func turn() {
    guard let store else { return }
    for key in machine.unknownLanes {
      if let head = try? store.head(key) { machine.learned(key, head) }
    }
    while let group = machine.nextGroup(now: time.now) {
      if bugs.contains(.acknowledgesFirst), random.chance(300) {
        machine.committed(group)
        continue
      }
      do throws(CentralStoreError) {
        try store.commit(group, received: Timestamp(milliseconds: Self.wall(time.now)))
        for (key, batch) in group.batches {
          remember(key, batch)
          let header = batch.header
          history.note(
            "\(time.now.nanoseconds / 1_000_000) central stored \(key.gateway) \(key.epoch) \(key.lane.name) "
              + "\(header.firstNumber)-\(header.number): \(header.recordCount) records\(Self.events(batch.bytes))")
        }
        machine.committed(group)
      } catch {
        history.note("\(time.now.nanoseconds / 1_000_000) central: \(error)")
        machine.failed(group, error.description)
        for key in machine.unknownLanes {
          if let head = try? store.head(key) { machine.learned(key, head) }
        }
      }
    }
    for (identifier, answer) in machine.takeAnswers() { open.removeValue(forKey: identifier)?(answer) }
    let life = life
    if machine.deadline < .never {
      time.at(machine.deadline) { [self] in if self.life == life { turn() } }
    }
  }

  static func wall(_ now: MonotonicTime) -> Int64 { 1_800_000_000_000 + now.nanoseconds / 1_000_000 }

  private func remember(_ key: LaneKey, _ batch: ReceivedBatch) {
    let name = "\(key.gateway) \(key.epoch) \(key.lane.name) \(batch.number)"
    if let checksum = batch.checksum { history.stored(name, checksum: checksum) }
  }

  // MARK: Planted bugs

  private static func reencode(_ batch: inout ReceivedBatch, _ content: Batch.Content) {
    let header = batch.header
    let bytes: [UInt8]?
    switch content {
    case .alarms(let events, let losses):
      bytes = try? BatchCodec.encode(
        epoch: header.epoch, number: header.number, span: header.span, alarms: events, losses: losses,
        time: header.firstTime)
    case .telemetry(let catalogue, let devices, let aggregates, let losses):
      bytes = try? BatchCodec.encode(
        epoch: header.epoch, number: header.number, span: header.span, catalogue: catalogue, devices: devices,
        aggregates: aggregates, losses: losses, time: header.firstTime)
    }
    guard let bytes, let received = try? ReceivedBatch(bytes) else { return }
    batch = received
  }

  private static func content(_ batch: ReceivedBatch) -> Batch.Content {
    (try? BatchCodec.decode(batch.bytes[...]))?.content ?? .alarms([], losses: [])
  }

  private static func empty(_ batch: inout ReceivedBatch) {
    guard case .telemetry(let catalogue, var devices, let aggregates, let losses) = content(batch),
      let first = devices.first, first.rowCount > 1
    else { return }
    var kept = DeviceColumns(device: first.device, tagCount: first.columns.count)
    kept.append(
      DeviceScan(device: first.device, time: first.times[0], readings: first.columns.map { $0[0] }))
    devices = [kept]
    reencode(&batch, .telemetry(catalogue: catalogue, devices: devices, aggregates: aggregates, losses: losses))
  }

  private static func changeValue(_ batch: inout ReceivedBatch) {
    guard case .telemetry(let catalogue, var devices, let aggregates, let losses) = content(batch),
      let row = devices.first?.columns[1].qualities.firstIndex(of: .good)
    else { return }
    devices[0].columns[1].bits[row] ^= 1
    reencode(&batch, .telemetry(catalogue: catalogue, devices: devices, aggregates: aggregates, losses: losses))
  }

  private static func swapAlarms(_ batch: inout ReceivedBatch) {
    guard case .alarms(let events, let losses) = content(batch), let first = events.first else { return }
    var turned = first
    turned.transition = first.transition == .raised ? .cleared : .raised
    reencode(&batch, .alarms([turned] + events.dropFirst(), losses: losses))
  }

  private static func removeNotices(_ batch: inout ReceivedBatch) {
    guard case .telemetry(let catalogue, let devices, let aggregates, let losses) = content(batch), !losses.isEmpty
    else { return }
    let blank = [LossNotice(reason: .tooOld, lane: .alarms, samples: 0, devices: ["nobody"])]
    reencode(&batch, .telemetry(catalogue: catalogue, devices: devices, aggregates: aggregates, losses: blank))
  }

  private static func copy(_ source: ReceivedBatch, into batch: inout ReceivedBatch) {
    reencode(&batch, content(source))
  }
}
