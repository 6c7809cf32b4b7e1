import Foundation
import Networks
import Testing

/// Every malformed file gives an error that names the file, the tensor and a remedy.
@Suite struct CheckpointErrorTests {
    let fixture: CheckpointFixture

    init() throws { fixture = try CheckpointFixture() }

    @Test func missingFile() {
        let expected = CheckpointError(file: fixture.path, problem: .unreadable(reason: "No such file or directory"))
        #expect(throws: expected) { try Checkpoint.load(fixture.path) }
    }

    @Test func directoryInPlaceOfTheFile() {
        let expected = CheckpointError(file: fixture.directory, problem: .unreadable(reason: "Is a directory"))
        #expect(throws: expected) { try Checkpoint.load(fixture.directory) }
    }

    @Test func everyTruncation() throws {
        try Checkpoint(parameters: parameters(of: smallNetwork), metadata: ["epoch": "3"]).save(fixture.path)
        let whole = try fixture.read()
        let header = 8 + Int(whole[0]) + Int(whole[1]) << 8
        for length in 0..<whole.count {
            guard case .failure(let error) = fixture.load(Array(whole.prefix(length))) else {
                Issue.record("\(length) of \(whole.count) bytes were accepted")
                continue
            }
            switch error.problem {
            case .truncatedHeader: #expect(length < header)
            case .offsetsOutOfRange: #expect(length >= header && error.tensor != nil)
            default: Issue.record("\(error)")
            }
        }
    }

    @Test func headerTooLarge() {
        let bytes: [UInt8] = [1, 0xe1, 0xf5, 5, 0, 0, 0, 0, 0x7b, 0x7d]
        #expect(fixture.load(bytes).fault == .headerTooLarge(length: 100_000_001))
        #expect(fixture.load(Array(repeating: 0xff, count: 16)).fault == .headerTooLarge(length: .max))
        #expect(
            fixture.load([0, 0xe1, 0xf5, 5, 0, 0, 0, 0]).fault == .truncatedHeader(length: 100_000_000, available: 0))
    }

    @Test(arguments: [
        ("", "expected '{' as the first byte at byte 0"), (" {}", "expected '{' as the first byte at byte 0"),
        ("[]", "expected '{' as the first byte at byte 0"), ("{", "expected '\"' at byte 1"),
        ("{}x", "expected the end of the header at byte 2"), ("{}\0", "expected the end of the header at byte 2"),
        (#"{"a}"#, "expected the end of a string at byte 4"), (#"{"a\""#, "expected the end of a string at byte 5"),
        (#"{"a":1}"#, "expected '{' at byte 5"), (#"{"a":{}}"#, "an entry needs dtype, shape and data_offsets"),
        (#"{"a":{},}"#, "an entry needs dtype, shape and data_offsets"),
        (#"{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4,4]}}"#, "data_offsets are 3 numbers, not 2"),
        (#"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#, "expected a whole number at byte 29"),
        (#"{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}"#, "expected ']' at byte 30"),
        (#"{"a":{"dtype":"F32","shape":[01],"data_offsets":[0,4]}}"#, "expected a whole number at byte 29"),
        (#"{"a":{"dtype":"F32","shape":[99999999999999999999]}}"#, "expected a whole number at byte 29"),
        (#"{"a":{"dtype":"F32","size":[1]}}"#, "unknown key 'size'"),
        (#"{"__metadata__":{"epoch":3}}"#, "expected '\"' at byte 25"),
        (#"{"\x":{}}"#, "unknown escape in a string"), (#"{"\ud800a":{}}"#, "half a surrogate pair in a string"),
        (#"{"\u00g0":{}}"#, "\\u without four hexadecimal digits"), ("{\"\n\":{}}", "control character in a string"),
    ])
    func malformedHeader(_ header: String, _ reason: String) {
        #expect(fixture.fault(header)?.problem == .malformedHeader(reason: reason))
    }

    @Test func headerThatIsNotUTF8() {
        let bytes: [UInt8] = [4, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0x22, 0xff, 0x7d]
        #expect(fixture.load(bytes).fault == .malformedHeader(reason: "it is not UTF-8"))
    }

    @Test func duplicateNames() throws {
        let entry = #"{"dtype":"F32","shape":[1],"data_offsets":[0,4]}"#
        let twice = try #require(fixture.fault(#"{"a":\#(entry),"\u0061":\#(entry)}"#, data: [0, 0, 0, 0]))
        #expect(twice == (.duplicateName, "a"))
        let key = try #require(fixture.fault(#"{"a":{"dtype":"F32","dtype":"F32"}}"#))
        #expect(key == (.duplicateName, "a"))
        #expect(fixture.fault(#"{"__metadata__":{},"__metadata__":{}}"#)?.problem == .duplicateName)
    }

    @Test(arguments: ["BF16", "F64", "I8", "f32", ""])
    func wrongType(_ type: String) throws {
        let fault = fixture.fault(#"{"w":{"dtype":"\#(type)","shape":[1],"data_offsets":[0,4]}}"#, data: [0, 0, 0, 0])
        #expect(try #require(fault) == (.wrongType(type), "w"))
    }

    @Test(
        arguments: [
            ("[4611686018427387904]", "[0,0]", .shapeOverflow([4_611_686_018_427_387_904])),
            ("[4294967296,4294967296,0]", "[0,0]", .shapeOverflow([4_294_967_296, 4_294_967_296, 0])),
            ("[2]", "[0,4]", .sizeMismatch(shape: [2], type: "F32", expected: 8, found: 4)),
            ("[]", "[0,8]", .sizeMismatch(shape: [], type: "F32", expected: 4, found: 8)),
            ("[3]", "[0,12]", .offsetsOutOfRange(begin: 0, end: 12, available: 8)),
            ("[2]", "[8,0]", .offsetsOutOfRange(begin: 8, end: 0, available: 8)),
            (
                "[1]", "[9223372036854775803,9223372036854775807]",
                .offsetsOutOfRange(begin: .max - 4, end: .max, available: 8)
            ),
            ("[1]", "[4,8]", .overlapOrGap(begin: 4, expected: 0)),
        ] as [(String, String, CheckpointError.Problem)])
    func shapesAndOffsets(_ shape: String, _ offsets: String, _ problem: CheckpointError.Problem) throws {
        let header = #"{"w":{"dtype":"F32","shape":\#(shape),"data_offsets":\#(offsets)}}"#
        #expect(try #require(fixture.fault(header, data: Array(repeating: 0, count: 8))) == (problem, "w"))
    }

    @Test func overlapAndBytesLeftOver() throws {
        func entry(_ begin: Int) -> String { #"{"dtype":"F32","shape":[1],"data_offsets":[\#(begin),\#(begin + 4)]}"# }
        let data = [UInt8](repeating: 0, count: 10)
        let overlap = try #require(fixture.fault(#"{"a":\#(entry(0)),"b":\#(entry(2))}"#, data: data))
        #expect(overlap == (.overlapOrGap(begin: 2, expected: 4), "b"))
        let left = try #require(fixture.fault(#"{"a":\#(entry(0)),"b":\#(entry(4))}"#, data: data))
        #expect(left == (.trailingBytes(2), nil))
    }

    @Test func valuesThatAreNotFinite() throws {
        let header = #"{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#
        let infinite = try #require(fixture.fault(header, data: [0, 0, 0, 0, 0, 0, 0x80, 0xff]))
        #expect(infinite == (.notFinite(index: 1, value: -.infinity), "w"))
        guard case .notFinite(0, let value)? = fixture.fault(header, data: [0, 0, 0xc0, 0x7f, 0, 0, 0, 0])?.problem
        else {
            Issue.record("NaN was accepted")
            return
        }
        #expect(value.isNaN)
        let half = #"{"w":{"dtype":"F16","shape":[1],"data_offsets":[0,2]}}"#
        #expect(fixture.fault(half, data: [0, 0x7c])?.problem == .notFinite(index: 0, value: .infinity))
    }

    @Test func messageNamesFileTensorAndRemedy() {
        guard
            case .failure(let error) = fixture.load(
                safetensors(#"{"w":{"dtype":"I8","shape":[],"data_offsets":[0,1]}}"#, [1]))
        else {
            Issue.record("accepted")
            return
        }
        #expect(
            error.description
                == "\(fixture.path): tensor 'w': type I8 is not supported; save the tensor as F32 or F16")
    }
}

extension Result where Success == Checkpoint, Failure == CheckpointError {
    /// The error's problem, nil if the file was accepted.
    var fault: CheckpointError.Problem? {
        guard case .failure(let error) = self else { return nil }
        return error.problem
    }
}
