import FieldgateTestKit
import Glibc
import Testing

@Suite("Child processes")
struct ChildProcessTests {
  @Test("Output and exit code arrive")
  func output() throws {
    let child = try ChildProcess("sh", ["-c", "echo out; echo err >&2; exit 3"])
    #expect(try child.wait() == .code(3))
    #expect(child.drainedOutput == "out\n")
    #expect(child.drainedError == "err\n")
    #expect(child.usage != nil)
  }

  @Test("A failed program's error output is in the error")
  func failure() throws {
    let error = #expect(throws: TestKitError.self) {
      try ChildProcess("sh", ["-c", "echo why >&2; exit 1"]).output()
    }
    #expect(error?.description.contains("exit code 1; standard error ends with: why") == true)
  }

  @Test("Environment, directory, files and input are what was asked")
  func surroundings() throws {
    let directory = try TemporaryDirectory()
    let child = try ChildProcess(
      "sh", ["-c", "read line; echo \"$line $WORD $(pwd)\""], extraEnvironment: ["WORD": "two"],
      directory: directory.path, writesInput: true, standardOutput: .file(directory("out")))
    try child.send(line: "one")
    #expect(try child.wait() == .code(0))
    #expect(try directory.read("out") == "one two \(directory.path)\n")
  }

  @Test("Terminate sends SIGTERM, kill sends SIGKILL")
  func signals() throws {
    let patient = try ChildProcess("sleep", ["60"])
    #expect(patient.isRunning)
    #expect(try patient.terminate() == .signal(SIGTERM))
    let killed = try ChildProcess("sleep", ["60"])
    #expect(killed.kill() == .signal(SIGKILL))
    #expect(killed.exit == .signal(SIGKILL))
  }

  @Test("A process that does not end in time is named in the error")
  func tooLong() throws {
    let child = try ChildProcess("sleep", ["60"])
    let error = #expect(throws: TestKitError.self) {
      try child.wait(timeout: .milliseconds(20), killingAfter: true)
    }
    #expect(error?.description.contains("timed out waiting for the end of 'sleep 60'") == true)
    #expect(child.exit == .signal(SIGKILL))
  }

  @Test("A dropped child is killed")
  func dropped() throws {
    var child: ChildProcess? = try ChildProcess("sleep", ["60"])
    let pid = try #require(child?.pid)
    child = nil
    #expect(kill(pid, 0) == -1)
  }

  @Test("Children die with their parent, however it ends")
  func orphan() throws {
    // PR_GET_PDEATHSIG is 2: the child asks the kernel which signal it gets when its parent ends.
    let checker = try ChildProcess(
      "python3",
      ["-c", "import ctypes; n = ctypes.c_int(); ctypes.CDLL(None).prctl(2, ctypes.byref(n)); print(n.value)"])
    #expect(try checker.output() == "9\n")
  }

  @Test("What is not installed names the script that installs it")
  func missing() throws {
    let error = #expect(throws: TestKitError.self) { try ChildProcess("no-such-program-here") }
    #expect(error?.description.contains("Scripts/setup") == true)
    #expect(throws: TestKitError.self) { try ChildProcess("/etc/passwd") }
  }
}

@Suite("Waiting and files")
struct WaitingTests {
  @Test("A fact that comes is returned, an error on the way is not the end")
  func comes() throws {
    var tries = 0
    let value = try waitFor("the third try") { () throws -> Int? in
      tries += 1
      if tries == 1 { throw TestKitError("not yet") }
      return tries >= 3 ? tries : nil
    }
    #expect(value == 3)
  }

  @Test("A fact that does not come is named, with what was seen last")
  func missing() throws {
    let error = #expect(throws: TestKitError.self) {
      try waitUntil("the moon", timeout: .milliseconds(1), seen: { "clouds" }) { false }
    }
    #expect(error?.description.hasPrefix("timed out waiting for the moon") == true)
    #expect(error?.description.hasSuffix("the last one saw error: clouds") == true)
  }

  @Test("A temporary directory goes with all it holds, and never through a link")
  func removal() throws {
    let outside = try TemporaryDirectory("outside")
    try outside.write("precious", "stay")
    var directory: TemporaryDirectory? = try TemporaryDirectory()
    let path = try #require(directory?.path)
    try directory?.directory("a")
    try directory?.write("a/file", "text")
    #expect(symlink(outside.path, "\(path)/a/link") == 0)
    directory = nil
    #expect(access(path, F_OK) == -1)
    #expect(try outside.read("precious") == "stay")
  }

  @Test("A free port can be listened on")
  func freePort() throws {
    let port = try FreePort.find()
    #expect((1_024...65_535).contains(port))
  }

  @Test("The random generator is a function of its seed")
  func seeded() {
    // The reference implementation's first numbers for seed 1234567.
    var generator = SplitMix64(seed: 1_234_567)
    #expect(
      [generator.next(), generator.next(), generator.next()]
        == [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423])
  }
}
