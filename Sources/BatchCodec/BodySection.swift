/// The sections of a telemetry body, in their order. Each gathers one kind of byte from all devices and is compressed on
/// its own, so that zstd's entropy coder sees like with like and leaves alone what is noise.
enum BodySection: Int, CaseIterable {
  case layout = 0
  case losses = 1
  case qualities = 2
  /// Runs of boolean values.
  case states = 3
  /// How each column of numbers is written.
  case forms = 4
  /// What each column of numbers begins with.
  case bases = 5
  /// Residuals of 1, 2, 4 and 8 bits.
  case packed1 = 6
  case packed2 = 7
  case packed4 = 8
  case packed8 = 9
  /// Residuals of 16 to 64 bits, byte by byte: first the section of the least significant bytes.
  case plane0 = 10
  case plane1 = 11
  case plane2 = 12
  case plane3 = 13
  case plane4 = 14
  case plane5 = 15
  case plane6 = 16
  case plane7 = 17
  /// The different texts of each column of texts; in bodies of version 2.
  case texts = 18
}
