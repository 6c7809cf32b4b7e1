/// The record of a run while it goes on: one JSON document per line, the context first, then each finished record.
///
/// A finished cell is on the disk before the next one starts, so a crash, a full disk or Ctrl-C costs no finished cell.
public final class Journal {
    public let path: String
    private var file: DurableFile

    /// Starts a new journal; an existing file is refused, because it may be all that is left of another run.
    public init(path: String, context: Context) throws(ResultsError) {
        self.path = path
        file = try DurableFile(path: path, exclusively: true)
        try file.append(Self.line(Header(context: context), of: "context"))
        DurableFile.syncFolder(of: path)
    }

    /// Stores one record with one write and waits for the disk.
    /// - Throws: `ResultsError.cannotWrite` or `.notFinite`; the records before stay readable.
    public func append(_ record: Record) throws(ResultsError) {
        try file.append(Self.line(record, of: record.name))
    }

    private static func line<Value: Encodable>(_ value: Value, of record: String) throws(ResultsError) -> [UInt8] {
        Array((try Coding.line(value, of: record) + "\n").utf8)
    }

    /// Reads a journal, whole or cut off.
    /// - Throws: `ResultsError.cannotRead`, `.wrongVersion`, or `.damaged` for a line that is complete but wrong.
    public static func read(_ path: String) throws(ResultsError) -> JournalContents {
        let bytes = try SystemFile.read(path)
        var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        // What stands behind the last line break is empty, or a line that was being written when the run was cut off.
        let torn = lines.removeLast()
        guard let first = lines.first else {
            throw .damaged(file: path, place: "line 1", problem: "the context is missing or cut off")
        }
        try SchemaVersion.check(first, file: path, line: 1)
        let header = try Coding.decode(Header.self, from: first, file: path, line: 1)
        var records: [Record] = []
        for (index, line) in lines.enumerated().dropFirst() {
            records.append(try Coding.decode(Record.self, from: line, file: path, line: index + 1))
        }
        let tornLine = torn.isEmpty ? nil : TornLine(line: lines.count + 1, bytes: torn.count)
        return JournalContents(context: header.context, records: records, tornLine: tornLine)
    }

    private struct Header: Codable {
        var schemaVersion = SchemaVersion.current
        let context: Context

        enum CodingKeys: String, CodingKey {
            case context
            case schemaVersion = "schema_version"
        }
    }
}

/// A last line that was not written to its end.
public struct TornLine: Sendable, Equatable {
    /// Counted from 1.
    public let line: Int
    public let bytes: Int
}

/// What a journal holds.
public struct JournalContents: Sendable, Equatable {
    public let context: Context
    public let records: [Record]
    /// Present if the run was cut off while it wrote; that cell has to be measured again.
    public let tornLine: TornLine?

    public var resultsFile: ResultsFile { ResultsFile(context: context, benchmarks: records) }
}
