import Foundation
import Suites
import Testing

/// Every file in suites/ parses and expands.
@Suite struct ShippedSuitesTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("suites")

    static let files: [String] =
        ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).filter { $0.hasSuffix(".json") }
        .sorted()

    private func expansion(_ file: String) throws -> Expansion {
        let path = Self.folder.appendingPathComponent(file).path
        return try Suite.load(path: path, catalogue: testCatalogue).expand()
    }

    @Test func theFolderIsFound() { #expect(Self.files.count >= 4) }

    @Test(arguments: files) func parsesAndExpands(file: String) throws {
        let path = Self.folder.appendingPathComponent(file).path
        let suite = try Suite.load(path: path, catalogue: testCatalogue)
        #expect(suite.name + ".json" == file)
        let expansion = suite.expand()
        #expect(!expansion.cells.isEmpty)
        #expect(expansion.warnings.isEmpty)
    }

    @Test func sizes() throws {
        #expect(try expansion("mobilenet.json").cells.count == 2 * 5 * 2)
        #expect(try expansion("imagenet-mobilenet.json").cells.count == 4 * 4 * 2)
        #expect(try expansion("smoke.json").cells.count == 3 * 2 + 2 + 4)
        #expect(try expansion("gemm.json").cells.count == 10 * 2)
    }
}
