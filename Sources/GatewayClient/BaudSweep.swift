import JSONText
import SerialPort
import SerialSensors
import Telemetry

/// `fieldgate serial sweep`: listens at one baud rate after the other, and says at which the bytes look like text.
public enum BaudSweep {
  /// The slowest first, because a slow sensor needs the longest.
  static let rates = [1_200, 2_400, 4_800, 9_600, 19_200, 38_400, 57_600, 115_200]

  /// - Parameter listening: at each rate.
  public static func run(device: String, listening: Duration, json: Bool, output: (String) -> Void) throws {
    var best: (bauds: [Int], score: Double)?
    for baud in rates {
      let port = try SerialWatch.open(PortSettings(device: device, baud: baud))
      var guess = BaudGuess()
      let end = SerialWatch.now + listening
      while SerialWatch.now < end {
        do throws(PortFailure) {
          guess.take(try port.receive(timeout: .milliseconds(100)))
        } catch {
          throw GatewayClient.Failure(description: "lost \(device) (\(error.text)); check the adapter and its cable")
        }
      }
      if let score = guess.score, score > best?.score ?? 0 {
        best = ([baud], score)
      } else if let score = guess.score, score == best?.score {
        best?.bauds.append(baud)
      }
      show(baud, guess, json, output)
    }
    guard !json else { return }
    guard let best else { return output("nothing to judge: too few bytes came; listen longer: --seconds 10") }
    let rates = best.bauds.map(String.init).joined(separator: ", ")
    guard best.score >= 0.9 else {
      return output("no rate gives clean text; try 7 data bits with parity, or it is binary")
    }
    output(
      best.bauds.count == 1
        ? "most like text: \(rates) baud"
        : "cannot tell \(rates) baud apart: too few bytes (listen longer: --seconds 10), or a port without a real line"
    )
  }

  private static func show(_ baud: Int, _ guess: BaudGuess, _ json: Bool, _ output: (String) -> Void) {
    let percent = guess.score.map { Int(($0 * 100).rounded()) }
    if json {
      output(
        JSONWriter.text { json in
          json.object { json in
            json.member("baud", baud)
            json.member("bytes", guess.bytes)
            json.member("errors", guess.marked)
            json.member("text_percent", ifPresent: percent)
          }
        })
    } else {
      output("\(baud) baud: \(guess.bytes) bytes" + (percent.map { ", \($0) % text" } ?? ", too few to judge"))
    }
  }
}
