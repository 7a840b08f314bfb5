import Foundation
import FuzzTargets
import Testing

/// The short run: each target with its seeds, what the fuzzer found earlier, and changes of both. `Scripts/fuzz` goes on
/// from here with libFuzzer.
@Suite("Bytes from outside")
struct FuzzTargetsTests {
  @Test("Seeds are of both kinds: good and bad", arguments: FuzzTarget.allCases)
  func seeds(_ target: FuzzTarget) {
    let accepted = target.seeds.count { target.run($0) }
    #expect(accepted >= 1, "no seed of \(target) is accepted, so a fuzzer begins far from what is read")
    #expect(!target.run(Array("\u{7}nonsense".utf8)))
    #expect(!target.run([]))
    #expect(target.seeds.allSatisfy { $0.count <= target.maximumBytes })
  }

  @Test("What the fuzzer found does no harm any more")
  func found() throws {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "Found")
    let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
    for file in files where file.lastPathComponent != "README.md" {
      let name = file.lastPathComponent.prefix { $0 != "-" }
      let target = try #require(FuzzTarget(rawValue: String(name)), "\(file.lastPathComponent): no such target")
      target.run(Array(try Data(contentsOf: file)))
    }
  }

  @Test("Changed inputs break no rule", arguments: FuzzTarget.allCases)
  func mutations(_ target: FuzzTarget) {
    let seed = ProcessInfo.processInfo.environment["FIELDGATE_SEED"].flatMap { UInt64($0) } ?? 20_261_126
    print("seed \(seed); replay: FIELDGATE_SEED=\(seed) swift test --filter FuzzTargetsTests")
    var mutator = Mutator(seed: seed, corpus: target.seeds, maximumBytes: target.maximumBytes)
    var accepted = 0
    for _ in 0..<500 where target.run(mutator.next()) { accepted += 1 }
    #expect(accepted < 500)
  }
}
