import Foundation
import Networks
import Testing

@Suite struct CheckpointSaveTests {
    let fixture: CheckpointFixture
    let sound = Checkpoint(parameters: parameters(of: smallNetwork))

    init() throws { fixture = try CheckpointFixture() }

    private var files: [String] { (try? FileManager.default.contentsOfDirectory(atPath: fixture.directory)) ?? [] }

    @Test func makesTheDirectories() throws {
        let path = fixture.directory + "/a/b/net.safetensors"
        try sound.save(path)
        #expect(try Checkpoint.load(path).parameters == sound.parameters)
    }

    @Test func refusesWhatItCouldNotReadAgain() throws {
        try sound.save(fixture.path)
        let before = try fixture.read()
        func refused(_ name: String, _ value: Float, _ precision: Checkpoint.Precision) -> CheckpointError.Problem? {
            let checkpoint = Checkpoint(
                parameters: Parameters([name: ParameterTensor(shape: [2], values: [0, value])]))
            return Result { () throws(CheckpointError) in
                try checkpoint.save(fixture.path, precision: precision)
                return checkpoint
            }.fault
        }
        #expect(refused("w", .infinity, .f32) == .notFinite(index: 1, value: .infinity))
        #expect(refused("w", 65520, .f16) == .beyondHalfPrecision(index: 1, value: 65520))
        #expect(refused("__metadata__", 0, .f32) == .reservedName)
        #expect(try fixture.read() == before)
        #expect(files == ["net.safetensors"])
        #expect(refused("w", 65520, .f32) == nil)
    }

    @Test func aFailedReplacementLeavesNothingBehind() throws {
        try FileManager.default.createDirectory(atPath: fixture.path + "/inner", withIntermediateDirectories: true)
        let expected = CheckpointError(file: fixture.path, problem: .unwritable(reason: "Is a directory"))
        #expect(throws: expected) { try sound.save(fixture.path) }
        #expect(files == ["net.safetensors"])
    }

    @Test func aFileInPlaceOfADirectory() throws {
        try sound.save(fixture.path)
        let error = #expect(throws: CheckpointError.self) { try sound.save(fixture.path + "/net.safetensors") }
        #expect(error?.description.contains("cannot be written") == true)
    }
}
