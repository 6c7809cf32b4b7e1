import Foundation

extension Suite {
    /// Reads and checks a suite file.
    ///
    /// - Throws: `SuiteError.unreadable`, or `SuiteError.invalid` with every problem found.
    public static func load(path: String, catalogue: Catalogue) throws(SuiteError) -> Suite {
        try parse(try contents(of: path), file: path, catalogue: catalogue)
    }

    /// Checks the text of a suite.
    ///
    /// - Parameter file: the name that errors begin with.
    public static func parse(
        _ bytes: [UInt8], file: String, catalogue: Catalogue
    ) throws(SuiteError) -> Suite {
        let document = try JSONParser.parse(bytes, file: file)
        var decoder = SuiteDecoder(file: file, catalogue: catalogue)
        let digest = String(fnv1a(bytes), radix: 16)
        let suite = decoder.decodeSuite(document, digest: String(repeating: "0", count: 16 - digest.count) + digest)
        guard let suite, decoder.problems.isEmpty else {
            throw .invalid(
                decoder.problems.sorted {
                    ($0.position.line, $0.position.column) < ($1.position.line, $1.position.column)
                })
        }
        return suite
    }

    /// Read with the C library, whose reasons ("No such file or directory") say what Foundation's sentences hide.
    private static func contents(of path: String) throws(SuiteError) -> [UInt8] {
        guard let file = fopen(path, "rb") else {
            throw .unreadable(path: path, reason: String(cString: strerror(errno)))
        }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = fread(&block, 1, block.count, file)
            if count == 0 { break }
            bytes += block[..<count]
        }
        guard ferror(file) == 0 else { throw .unreadable(path: path, reason: String(cString: strerror(errno))) }
        return bytes
    }
}

extension SuiteDecoder {
    mutating func decodeSuite(_ document: JSONValue, digest: String) -> Suite? {
        let known = [
            "schema_version", "name", "cases", "measure", "counters", "accuracy", "require", "training", "paper",
        ]
        guard checkObject(document, known: known, what: "a suite") else { return nil }
        let version = decodeVersion(document)
        let name = required("name", of: document, example: "\"mobilenet\"").flatMap { decodeName($0) }
        let cases = required("cases", of: document, example: "[{\"network\": …}]").flatMap { decodeCases($0) }
        let measure = document["measure"].map { decodeMeasure($0) } ?? MeasureSettings()
        let counters = document["counters"].map { decodeCounters($0) } ?? []
        let accuracy = document["accuracy"].flatMap { decodeAccuracy($0) }
        let requirements = document["require"].flatMap { decodeRequirements($0) }
        let training = document["training"].flatMap { decodeTraining($0) } ?? SuiteTraining()
        let papers = document["paper"].map { list($0) { $0.decodePaper($1) } } ?? []
        guard let version, let name, let cases, let measure, let counters, let papers else { return nil }
        return Suite(
            schemaVersion: version, name: name, file: file, digest: digest, cases: cases, measure: measure,
            counters: counters, accuracy: accuracy, requirements: requirements, papers: papers,
            training: training)
    }

    private mutating func decodeVersion(_ document: JSONValue) -> Int? {
        let current = Suite.currentSchemaVersion
        guard let value = required("schema_version", of: document, example: "\(current)") else { return nil }
        return whole(
            value, in: current...current, rule: "must be \(current), the version of the format that is understood here")
    }

    /// Names of suites become names of files.
    private mutating func decodeName(_ value: JSONValue) -> String? {
        guard let name = string(value, example: "mobilenet") else { return nil }
        let isPlain = { (c: Character) in c.isASCII && (c.isLetter || c.isNumber || "_-.".contains(c)) }
        if name.allSatisfy(isPlain), name.first != "." { return name }
        refuse(value, "must consist of letters, digits, '_', '-' and '.', since files are named after it")
        return nil
    }

    private mutating func decodeCases(_ value: JSONValue) -> [SuiteCase]? {
        guard case .array = value.content else {
            refuse(value, "must be a list of cases")
            return nil
        }
        return list(value) { $0.decodeCase($1) }
    }

    private mutating func decodeCounters(_ value: JSONValue) -> [String]? {
        guard case .array(let elements) = value.content else {
            refuse(value, "must be a list of counter groups and events, such as [\"work\", \"core\"]")
            return nil
        }
        let names = elements.compactMap { string($0, example: "core") }
        return names.count == elements.count ? names : nil
    }

    private mutating func decodePaper(_ value: JSONValue) -> String? {
        guard let id = string(value, example: catalogue.papers.first ?? "jacob-4.7") else { return nil }
        guard catalogue.papers.contains(id) else {
            refuse(value, "no such published table; \(suggestion(for: id, among: catalogue.papers))")
            return nil
        }
        return id
    }

    private mutating func decodeRequirements(_ value: JSONValue) -> Requirements? {
        let count = problems.count
        guard checkObject(value, known: ["min_speedup"], what: "require"), problems.count == count,
            let speedup = required("min_speedup", of: value, example: "1.0")
        else { return nil }
        let range = Requirements.speedupRange
        guard case .number(let number, _) = speedup.content, range.contains(number) else {
            refuse(speedup, "must be a number from \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return Requirements(minSpeedup: number)
    }

    private mutating func decodeAccuracy(_ value: JSONValue) -> AccuracySource? {
        guard checkObject(value, known: ["dataset", "split", "published"], what: "accuracy") else { return nil }
        if let published = value["published"] {
            if bool(published) == false {
                refuse(published, "must be true; for a suite without accuracies leave \"accuracy\" out")
            }
            for key in ["dataset", "split"] {
                if let other = value[key] {
                    report("\(key): published accuracies are not measured; leave it out", at: other)
                }
            }
            return .published
        }
        let split = value["split"].map { choice($0, AccuracySource.Split.self) } ?? .test
        guard let dataset = required("dataset", of: value, example: "\"fashion-mnist\""),
            let name = string(dataset, example: "fashion-mnist")
        else { return nil }
        guard catalogue.datasets.contains(name) else {
            refuse(dataset, "no such dataset; \(suggestion(for: name, among: catalogue.datasets.sorted()))")
            return nil
        }
        return split.map { .measured(dataset: name, split: $0) }
    }
}
