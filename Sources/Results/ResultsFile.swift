/// The outcome of a run as one sentence and as the process's exit code.
public struct RunVerdict: Codable, Sendable, Equatable {
    public var exitCode: Int
    public var message: String
    /// Cell by cell, what the run was required to show; absent if nothing was required.
    public var requirements: [Judgement]?

    public init(exitCode: Int, message: String, requirements: [Judgement]? = nil) {
        self.exitCode = exitCode
        self.message = message
        self.requirements = requirements
    }

    enum CodingKeys: String, CodingKey {
        case message, requirements
        case exitCode = "exit_code"
    }
}

/// All results of a run: everything that people read is rendered from this alone.
public struct ResultsFile: Codable, Sendable, Equatable {
    public private(set) var schemaVersion = SchemaVersion.current
    public var context: Context
    public var benchmarks: [Record]
    public var verdict: RunVerdict?

    public init(context: Context, benchmarks: [Record], verdict: RunVerdict? = nil) {
        self.context = context
        self.benchmarks = benchmarks
        self.verdict = verdict
    }

    /// The file's text: JSON with one line per record, so that files can be searched and compared by line.
    /// - Throws: `ResultsError.notFinite`.
    public func encoded() throws(ResultsError) -> String {
        var text = "{\n\"schema_version\": \(schemaVersion),\n"
        text += "\"context\": \(try Coding.line(context, of: "context")),\n\"benchmarks\": ["
        for (index, record) in benchmarks.enumerated() {
            text += (index == 0 ? "\n" : ",\n") + (try Coding.line(record, of: record.name))
        }
        text += "\n]"
        if let verdict { text += ",\n\"verdict\": \(try Coding.line(verdict, of: "verdict"))" }
        return text + "\n}\n"
    }

    public func write(to path: String) throws(ResultsError) {
        try AtomicFile.write(encoded(), to: path)
    }

    /// Reads a file; fields this version does not know are ignored.
    /// - Throws: `ResultsError.cannotRead`, `.damaged` with the place, or `.wrongVersion`.
    public static func read(_ path: String) throws(ResultsError) -> ResultsFile {
        let bytes = try SystemFile.read(path)
        try SchemaVersion.check(bytes, file: path)
        return try Coding.decode(ResultsFile.self, from: bytes, file: path)
    }

    enum CodingKeys: String, CodingKey {
        case context, benchmarks, verdict
        case schemaVersion = "schema_version"
    }
}
