import CentralCore
import Enrolment
import SQLiteIdentityStore
import Telemetry
import Testing

/// A gateway that follows the protocol of docs/identity.md and is killed, cut off and answered late at random, against the
/// real store, which is closed and opened again at random.
@Suite("Renewals that are interrupted at every step")
struct RenewalSimulationTests {
  /// What stands on the gateway's disk.
  private struct Disk {
    var current: String
    /// A key that was made for the next certificate, and the certificate once it is here.
    var pendingKey: Int?
    var pending: String?
    var owesConfirmation = false
  }

  @Test("Whatever is lost, the gateway's own certificate is taken or its pending one is", arguments: 1...40)
  func interrupted(_ seed: UInt64) throws {
    var random = Draws(seed)
    let scratch = try IdentityScratch()
    var store = try scratch.open()
    _ = try scratch.ticket(store)
    var disk = Disk(current: try #require(try scratch.enrol(store).serial))
    var nextKey = 1_000
    for _ in 0..<300 {
      scratch.now = scratch.now + .seconds(60)
      if random.chance(20) {
        store.close()
        store = try scratch.open()
      }
      // An answer that is lost: central has acted, the gateway knows nothing of it.
      let isLost = random.chance(4)
      switch (disk.pendingKey, disk.pending) {
      case (nil, _):
        if disk.owesConfirmation {
          _ = try scratch.admit(store, disk.current)
          try store.confirm(serial: disk.current, of: "barn-7", now: scratch.now)
          if !isLost { disk.owesConfirmation = false }
        } else {
          nextKey += 1
          disk.pendingKey = nextKey
        }
      case (let key?, nil):
        let outcome = try scratch.renew(store, serial: disk.current, key: key)
        #expect(outcome.serial != nil, "seed \(seed): \(outcome)")
        if !isLost { disk.pending = outcome.serial }
        // A new key after all, as when the directory could not be read.
        if random.chance(10) { (disk.pendingKey, disk.pending) = (nil, nil) }
      case (_, let pending?):
        // The trial connection; then the swap, before which the process may be killed.
        let admission = try scratch.admit(store, pending)
        #expect(admission == .promote || admission == .taken, "seed \(seed): \(admission)")
        guard !isLost, !random.chance(4) else { break }
        disk = Disk(current: pending, owesConfirmation: true)
      }
      #expect(try scratch.admit(store, disk.current) == .taken, "seed \(seed): the gateway is shut out")
      let open = try store.gateway("barn-7")?.certificates.map(\.standing) ?? []
      #expect(open.count { $0 == .current } == 1 && open.count { $0 == .next } <= 1)
    }
  }

  /// splitmix64
  private struct Draws {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    /// True once in `n` draws.
    mutating func chance(_ n: UInt64) -> Bool {
      state &+= 0x9e37_79b9_7f4a_7c15
      var value = state
      value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
      value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
      return (value ^ value >> 31) % n == 0
    }
  }
}
