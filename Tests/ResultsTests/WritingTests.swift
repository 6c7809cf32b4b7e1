import Glibc
import Results
import Testing

@Suite struct AtomicFileTests {
    @Test func replacesAndKeepsTheMode() throws {
        let folder = TemporaryFolder()
        let path = folder.write("a.txt", "old")
        chmod(path, 0o600)
        try AtomicFile.write("new", to: path)
        var status = stat()
        #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)
        #expect(try contents(path) == "new")
        #expect(SystemFile.entries(folder.path) == ["a.txt"])
    }

    @Test func aLinkIsFollowedAndStays() throws {
        let folder = TemporaryFolder()
        let path = folder.write("a.txt", "old")
        symlink("a.txt", folder.file("link"))
        try AtomicFile.write("new", to: folder.file("link"))
        #expect(try contents(path) == "new")
        var status = stat()
        #expect(lstat(folder.file("link"), &status) == 0 && status.st_mode & S_IFMT == S_IFLNK)
    }

    @Test func aDeviceIsWrittenNotReplaced() throws {
        try AtomicFile.write("gone", to: "/dev/null")
        var status = stat()
        #expect(stat("/dev/null", &status) == 0 && status.st_mode & S_IFMT == S_IFCHR)
    }

    @Test func aFullDeviceIsATypedError() {
        let error = #expect(throws: ResultsError.self) { try AtomicFile.write("text", to: "/dev/full") }
        #expect(error == .cannotWrite(file: "/dev/full", action: "write", code: ENOSPC))
        #expect(error?.description.contains("No space left on device. Free space there") == true)
    }

    @Test func foldersAndMissingFoldersAreTypedErrors() {
        let folder = TemporaryFolder()
        #expect(throws: ResultsError.cannotWrite(file: folder.path, action: "write", code: EISDIR)) {
            try AtomicFile.write("text", to: folder.path)
        }
        let missing = folder.file("no/such.txt")
        let error = #expect(throws: ResultsError.self) { try AtomicFile.write("text", to: missing) }
        #expect(error == .cannotWrite(file: missing, action: "create", code: ENOENT))
        #expect(error?.description.hasSuffix("Create its folder first.") == true)
    }
}

@Suite struct JournalTests {
    @Test func holdsTheContextAndEachRecordOnItsLine() throws {
        let folder = TemporaryFolder()
        let journal = try Journal(path: folder.file("j"), context: fullContext())
        #expect(try contents(journal.path).split(separator: "\n").count == 1)
        try journal.append(fullRecord("a"))
        #expect(try Journal.read(journal.path).records.map(\.name) == ["a"])
        try journal.append(Record(name: "b", status: .failed, reason: "boom"))
        let read = try Journal.read(journal.path)
        #expect(read.context == fullContext())
        #expect(read.records == [fullRecord("a"), Record(name: "b", status: .failed, reason: "boom")])
        #expect(read.tornLine == nil)
        #expect(read.resultsFile == ResultsFile(context: fullContext(), benchmarks: read.records))
    }

    @Test func isCutOffAnywhereAndStillReadable() throws {
        let folder = TemporaryFolder()
        let journal = try Journal(path: folder.file("j"), context: fullContext())
        let start = try contents(journal.path).utf8.count
        try journal.append(fullRecord("a"))
        let middle = try contents(journal.path).utf8.count
        try journal.append(fullRecord("b"))
        let whole = try contents(journal.path)
        for length in stride(from: start, through: whole.utf8.count, by: 97) {
            let path = folder.write("cut", String(decoding: whole.utf8.prefix(length), as: UTF8.self))
            let read = try Journal.read(path)
            #expect(read.records.map(\.name) == (length < middle ? [] : ["a"]))
            let torn = length - (length < middle ? start : middle)
            #expect(read.tornLine?.bytes == (torn == 0 ? nil : torn))
        }
    }

    @Test func aWrongLineInTheMiddleIsNamed() throws {
        let folder = TemporaryFolder()
        let path = folder.write(
            "j", "{\"schema_version\":1,\"context\":{}}\n{\"name\":\"a\",\"status\":\"ok\"}\n{\"name\":\"b\"}\n")
        let error = #expect(throws: ResultsError.self) { try Journal.read(path) }
        #expect(
            error?.description.contains("\(path): line 3: 'status' is missing") == true, "\(String(describing: error))")
    }

    @Test func aLineThatIsNotJSONIsNamed() throws {
        let folder = TemporaryFolder()
        let path = folder.write("j", "{\"schema_version\":1,\"context\":{}}\noops\n")
        #expect(throws: ResultsError.damaged(file: path, place: "line 2, column 1", problem: "this is not JSON")) {
            try Journal.read(path)
        }
    }

    @Test(arguments: ["", "{\"schema_version\":1,\"cont"])
    func aJournalWithoutContextIsRefused(text: String) {
        let folder = TemporaryFolder()
        let path = folder.write("j", text)
        #expect(throws: ResultsError.damaged(file: path, place: "line 1", problem: "the context is missing or cut off"))
        {
            try Journal.read(path)
        }
    }

    @Test func anotherVersionIsRefused() {
        let folder = TemporaryFolder()
        let path = folder.write("j", "{\"schema_version\":9}\n")
        #expect(throws: ResultsError.wrongVersion(file: path, found: 9, supported: 1)) { try Journal.read(path) }
    }

    @Test func anExistingFileIsNotOverwritten() throws {
        let folder = TemporaryFolder()
        let path = folder.write("j", "precious")
        #expect(throws: ResultsError.cannotWrite(file: path, action: "create", code: EEXIST)) {
            try Journal(path: path, context: Context())
        }
        #expect(try contents(path) == "precious")
    }

    @Test func appendingToAFullDeviceIsATypedError() throws {
        var file = try DurableFile(path: "/dev/full", exclusively: false)
        do {
            try file.append(Array("text".utf8))
            Issue.record("writing to /dev/full succeeded")
        } catch {
            #expect(error == .cannotWrite(file: "/dev/full", action: "write", code: ENOSPC))
        }
    }

    @Test func aFullDiskKeepsTheFinishedRecordsAndTheOldExport() throws {
        let folder = TemporaryFolder()
        guard mount("tmpfs", folder.path, "tmpfs", 0, "size=64k") == 0 else {
            print("skipped: cannot mount a small tmpfs here (\(String(cString: strerror(errno))))")
            return
        }
        defer { umount(folder.path) }
        try AtomicFile.write("old", to: folder.file("export.csv"))
        let journal = try Journal(path: folder.file("j"), context: fullContext())
        var stored = 0
        let error = #expect(throws: ResultsError.self) {
            while stored < 1000 {
                try journal.append(fullRecord("cell \(stored)"))
                stored += 1
            }
        }
        #expect(error == .cannotWrite(file: journal.path, action: "write", code: ENOSPC))
        let read = try Journal.read(journal.path)
        #expect(stored > 10 && read.records.count == stored)
        #expect(read.tornLine == nil)

        let big = String(repeating: "x", count: 70_000)
        #expect(throws: ResultsError.cannotWrite(file: folder.file("export.csv"), action: "write", code: ENOSPC)) {
            try AtomicFile.write(big, to: folder.file("export.csv"))
        }
        #expect(try contents(folder.file("export.csv")) == "old")
        #expect(SystemFile.entries(folder.path) == ["export.csv", "j"])
    }
}
