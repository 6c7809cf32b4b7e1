extension SuiteDecoder {
    mutating func decodeMeasure(_ value: JSONValue) -> MeasureSettings? {
        let known = ["warmup", "min_time", "max_time", "relative_ci", "cold_cache", "max_samples"]
        guard checkObject(value, known: known, what: "measure") else { return nil }
        var settings = MeasureSettings()
        if let warmup = value["warmup"].flatMap({ duration($0, zeroAllowed: true) }) { settings.warmup = warmup }
        if let minTime = value["min_time"].flatMap({ duration($0) }) { settings.minTime = minTime }
        if let maxTime = value["max_time"].flatMap({ duration($0) }) { settings.maxTime = maxTime }
        if let share = value["relative_ci"].flatMap({ positive($0, atMost: 1) }) { settings.relativeCI = share }
        if let cold = value["cold_cache"].flatMap({ choice($0, MeasureSettings.ColdCache.self) }) {
            settings.coldCache = cold
        }
        if let samples = value["max_samples"] { settings.maxSamples = whole(samples, in: 1...1_000_000_000) }
        do { try settings.check() } catch {
            report("\(error)", at: value["min_time"] ?? value["max_time"] ?? value)
        }
        return settings
    }

    private mutating func duration(_ value: JSONValue, zeroAllowed: Bool = false) -> Duration? {
        guard case .string(let text) = value.content, let duration = try? parseDuration(text) else {
            refuse(value, durationRule)
            return nil
        }
        if duration == .zero, !zeroAllowed {
            refuse(value, "must be longer than 0")
            return nil
        }
        return duration
    }
}
