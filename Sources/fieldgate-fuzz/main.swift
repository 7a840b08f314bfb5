import FuzzTargets
import Glibc

/// libFuzzer's program: `FIELDGATE_FUZZ` names the target; `FIELDGATE_FUZZ_SEEDS` a directory that gets the seeds instead
/// of a run. `Scripts/fuzz` uses it.
private let target: FuzzTarget = {
  let name = getenv("FIELDGATE_FUZZ").map { String(cString: $0) } ?? ""
  guard let target = FuzzTarget(rawValue: name) else {
    let text = "FIELDGATE_FUZZ names no target: \(FuzzTarget.allCases.map(\.rawValue).joined(separator: ", "))\n"
    _ = write(2, text, text.utf8.count)
    exit(2)
  }
  return target
}()

@_cdecl("LLVMFuzzerInitialize")
public func initialize(_ count: UnsafeMutableRawPointer?, _ arguments: UnsafeMutableRawPointer?) -> CInt {
  guard let folder = getenv("FIELDGATE_FUZZ_SEEDS") else { return 0 }
  for (number, seed) in target.seeds.enumerated() {
    guard let file = fopen("\(String(cString: folder))/seed-\(number)", "w") else { exit(1) }
    _ = seed.withUnsafeBytes { fwrite($0.baseAddress, 1, $0.count, file) }
    fclose(file)
  }
  exit(0)
}

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  target.run(Array(UnsafeBufferPointer(start: bytes, count: count)))
  return 0
}
