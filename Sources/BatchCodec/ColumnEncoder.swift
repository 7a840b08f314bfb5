import Telemetry

/// Writes the columns of a telemetry body into its sections.
struct ColumnEncoder {
  private(set) var sections: SectionWriter
  private var starts = ColumnStarts()
  private var quality: Quality?
  private var qualityRun = 0
  private var residuals: [Int64] = []

  init(_ sections: SectionWriter) {
    self.sections = sections
  }

  /// Times, qualities, then the values of each tag.
  mutating func append(_ block: DeviceColumns, tags: [TagDefinition]) {
    appendNumbers(block.times.map(\.milliseconds), place: ColumnStarts.times, kind: .integer)
    for (index, column) in block.columns.enumerated() {
      let place = ColumnStarts.place(tag: index, .values)
      if tags[index].type == .text {
        _ = appendQualities(column.qualities)
        appendTexts(column.bits.indices.lazy.compactMap(column.text))
      } else if appendQualities(column.qualities) {
        appendValues(column.bits, type: tags[index].type, place: place)
      } else {
        let kept = zip(column.bits, column.qualities).lazy.filter { $0.1.hasValue }.map(\.0)
        appendValues(Array(kept), type: tags[index].type, place: place)
      }
    }
  }

  /// Times, then for each tag counts, and minimums, maximums and totals of the rows that have a count.
  mutating func append(_ block: DeviceAggregates, tags: [TagDefinition]) {
    appendNumbers(block.times.map(\.milliseconds), place: ColumnStarts.times, kind: .integer)
    for (index, column) in block.columns.enumerated() {
      let type = tags[index].type
      appendNumbers(column.counts, place: ColumnStarts.place(tag: index, .counts), kind: .integer)
      let kept = column.counts.indices.filter { column.counts[$0] > 0 }
      if type == .text {
        // Of texts only the last one is kept.
        appendTexts(column.counts.indices.lazy.compactMap(column.lastText))
        continue
      }
      func values(_ list: [Int64]) -> [Int64] { kept.count == list.count ? list : kept.map { list[$0] } }
      appendValues(values(column.minimums), type: type, place: ColumnStarts.place(tag: index, .minimums))
      appendValues(values(column.maximums), type: type, place: ColumnStarts.place(tag: index, .maximums))
      appendValues(values(column.totals), type: type.ofTotals, place: ColumnStarts.place(tag: index, .totals))
    }
  }

  /// The different ones, how many and each; then the column of their indices. The table is made anew, because the column's
  /// own may hold texts that no reading has any more.
  private mutating func appendTexts(_ texts: some Sequence<String>) {
    var table = TextTable()
    let indices = texts.map { table.index(of: $0) }
    guard !indices.isEmpty else { return }
    sections[.texts].append(varint: table.texts.count)
    for text in table.texts { sections[.texts].append(text: text) }
    appendNumbers(indices, place: ColumnStarts.none, kind: .integer)
  }

  /// The sections with everything in them.
  mutating func finish() -> SectionWriter {
    finishQualityRun()
    return sections
  }

  /// Runs over all readings of the body. Says whether every one of these has a value.
  private mutating func appendQualities(_ qualities: [Quality]) -> Bool {
    var allHaveValues = true
    for next in qualities {
      if next != quality {
        finishQualityRun()
        quality = next
      }
      qualityRun += 1
      allHaveValues = allHaveValues && next.hasValue
    }
    return allHaveValues
  }

  private mutating func finishQualityRun() {
    guard let quality, qualityRun > 0 else { return }
    sections[.qualities].append(quality.rawValue)
    sections[.qualities].append(varint: qualityRun)
    qualityRun = 0
  }

  private mutating func appendValues(_ values: [Int64], type: ValueType, place: Int) {
    guard !values.isEmpty else { return }
    switch type {
    case .boolean: appendStates(values)
    case .integer: appendNumbers(values, place: place, kind: .integer)
    case .text: break
    case .float32:
      let ordered = values.map { Int64(SortableFloat.order(UInt32(truncatingIfNeeded: $0))) }
      appendFloats(values, ordered, place: place, kind: .float32)
    case .float64:
      let ordered = values.map { SortableFloat.order(UInt64(bitPattern: $0)) }
      appendFloats(values, ordered, place: place, kind: .float64)
    }
  }

  /// Runs: length times two, plus the value.
  private mutating func appendStates(_ values: [Int64]) {
    var run: UInt64 = 0
    var current = values[0]
    for value in values {
      if value != current {
        sections[.states].append(varint: run << 1 | UInt64(bitPattern: current & 1))
        current = value
        run = 0
      }
      run += 1
    }
    sections[.states].append(varint: run << 1 | UInt64(bitPattern: current & 1))
  }

  /// As decimal integers where that takes fewer bits than the patterns do.
  private mutating func appendFloats(_ bits: [Int64], _ ordered: [Int64], place: Int, kind: ColumnStarts.Kind) {
    let plan = ordered.withUnsafeBufferPointer(ColumnPlan.init)
    let cost = plan.cost + 8 * ZigZag.length(ordered[0])
    if cost > 8, let (decimals, units) = DecimalFloat.units(bits, isSingle: kind == .float32) {
      let decimalPlan = units.withUnsafeBufferPointer(ColumnPlan.init)
      if decimalPlan.cost + 8 * ZigZag.length(units[0]) < cost {
        sections[.forms].append(UInt8(decimals + 1))
        append(units, decimalPlan, place: place, kind: .decimal(decimals))
        return
      }
    }
    sections[.forms].append(0)
    append(ordered, plan, place: place, kind: kind)
  }

  private mutating func appendNumbers(_ values: [Int64], place: Int, kind: ColumnStarts.Kind) {
    guard !values.isEmpty else { return }
    append(values, values.withUnsafeBufferPointer(ColumnPlan.init), place: place, kind: kind)
  }

  private mutating func append(_ values: [Int64], _ plan: ColumnPlan, place: Int, kind: ColumnStarts.Kind) {
    let order = plan.form.order
    sections[.forms].append(plan.form.code)
    let start = order == 0 ? plan.base : values[0]
    sections[.bases].append(zigzag: start &- starts.replace(at: place, kind, by: start))
    if order == 2 { sections[.bases].append(zigzag: values[1] &- values[0]) }
    if order > 0 { sections[.bases].append(zigzag: plan.base) }
    guard plan.form.width > 0 else { return }
    residuals.removeAll(keepingCapacity: true)
    switch order {
    case 0: for value in values { residuals.append(value &- plan.base) }
    case 1: for index in 1..<values.count { residuals.append(values[index] &- values[index - 1] &- plan.base) }
    default:
      for index in 2..<values.count {
        let change = values[index] &- values[index - 1] &- (values[index - 1] &- values[index - 2])
        residuals.append(change &- plan.base)
      }
    }
    pack(plan.form)
  }

  private mutating func pack(_ form: ColumnForm) {
    switch form.width {
    case 1: sections[.packed1].append(packed: residuals, bits: 1)
    case 2: sections[.packed2].append(packed: residuals, bits: 2)
    case 3: sections[.packed4].append(packed: residuals, bits: 4)
    case 4: sections[.packed8].append(packed: residuals, bits: 8)
    default: for plane in 0..<form.planes { sections[plane: plane].append(plane: plane, of: residuals) }
    }
  }
}
