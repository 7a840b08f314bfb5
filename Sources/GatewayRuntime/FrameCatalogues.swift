import BatchCodec
import GatewayCore
import Telemetry

/// The catalogues of what waits in memory, because a reload may come between a scan and its commit: numbered 0, 1, 2 … as
/// configurations follow each other, and known to the store by numbers of its own.
///
/// A frame's bytes hold the store's number of its catalogue. That number is found at the commit: a reload needs no store, and
/// a store that took a damaged one's place has other numbers.
struct FrameCatalogues {
  private(set) var current = 0
  private var catalogues: [Int: Catalogue]
  /// The store's numbers, by ours, while it is open.
  private var storeNumbers: [Int: Int] = [:]
  /// Of frames that are not committed, by their sequence numbers.
  private var byFrame: [Int64: Int] = [:]

  init(first: Catalogue) { catalogues = [0: first] }

  /// - Precondition: something in memory refers to it, or it is the current one.
  subscript(number: Int) -> Catalogue {
    guard let catalogue = catalogues[number] else { preconditionFailure("catalogue \(number) is forgotten") }
    return catalogue
  }

  var count: Int { catalogues.count }

  /// What is scanned from now on means this.
  mutating func follow(_ catalogue: Catalogue) {
    guard catalogue != self[current] else { return }
    current += 1
    catalogues[current] = catalogue
  }

  /// Another store, perhaps, with other numbers.
  mutating func storeOpened() { storeNumbers.removeAll() }

  mutating func made(_ frame: Int64, with catalogue: Int) { byFrame[frame] = catalogue }

  /// All frames that are not committed go on under numbers that are so much higher.
  mutating func renumbered(by distance: Int64) {
    byFrame = Dictionary(uniqueKeysWithValues: byFrame.map { ($0.key + distance, $0.value) })
  }

  /// Nothing but the current catalogue is referred to any more.
  mutating func framesLeft() {
    byFrame.removeAll(keepingCapacity: true)
    catalogues = [current: self[current]]
    storeNumbers = storeNumbers.filter { $0.key == current }
  }

  /// What a frame that is made now is given, so that it need not be made again: mostly right.
  func expectedNumber(_ catalogue: Int) -> Int { storeNumbers[catalogue] ?? 0 }

  /// The store's number of a catalogue.
  mutating func number(_ catalogue: Int, in store: any OutboxStore) throws(OutboxStoreError) -> Int {
    if let known = storeNumbers[catalogue] { return known }
    let number = try store.register(self[catalogue])
    storeNumbers[catalogue] = number
    return number
  }

  /// Gives frames the numbers that the store has for their catalogues.
  mutating func number(_ frames: inout [PendingFrame], in store: any OutboxStore) throws(OutboxStoreError) {
    for index in frames.indices where frames[index].lane == .telemetry {
      guard let catalogue = byFrame[frames[index].sequence] else { continue }
      let number = try number(catalogue, in: store)
      guard frames[index].catalogueID != number else { continue }
      frames[index].bytes = FrameCodec.renumbered(frames[index].bytes, catalogueID: number)
      frames[index].catalogueID = number
    }
  }
}
