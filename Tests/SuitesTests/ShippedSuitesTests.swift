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

    /// The test's catalogue and the families that only shipped suites name.
    private static let catalogue: Catalogue = {
        var catalogue = testCatalogue
        catalogue.networks["mobilenet_v2"] = catalogue.networks["mobilenet_v1"]
        for depth in [50, 101, 152] { catalogue.networks["resnet\(depth)"] = catalogue.networks["resnet18"] }
        for name in [8, 14, 20, 32].map({ "fashion_resnet\($0)" }) + [
            "fashion_inception_relu", "fashion_inception_relu6",
        ] {
            catalogue.networks[name] = .init(hasWidth: false, defaultResolution: 28, minimumResolution: 8)
        }
        catalogue.networks["fashion_detector"] = Catalogue.Network(
            hasWidth: true, defaultResolution: 64, minimumResolution: 32)
        catalogue.datasets.insert("fashion-scenes")
        // Whatever they name; the program's own list is held against them where it is known.
        catalogue.papers = files.flatMap { file in
            let text = (try? String(contentsOf: folder.appendingPathComponent(file), encoding: .utf8)) ?? ""
            return text.matches(of: /"((?:jacob|krishnamoorthi|mobilenet|equal)-[^"]+)"/).map { String($0.1) }
        }
        return catalogue
    }()

    private func expansion(_ file: String) throws -> Expansion {
        let path = Self.folder.appendingPathComponent(file).path
        return try Suite.load(path: path, catalogue: Self.catalogue).expand()
    }

    @Test func theFolderIsFound() { #expect(Self.files.count >= 4) }

    @Test(arguments: files) func parsesAndExpands(file: String) throws {
        let path = Self.folder.appendingPathComponent(file).path
        let suite = try Suite.load(path: path, catalogue: Self.catalogue)
        #expect(suite.name + ".json" == file)
        let expansion = suite.expand()
        #expect(!expansion.cells.isEmpty)
        #expect(expansion.warnings.isEmpty)
    }

    @Test func sizes() throws {
        #expect(try expansion("mobilenet.json").cells.count == 4 * 3 * 3 + (3 + 2) * 2)
        #expect(try expansion("imagenet-mobilenet.json").cells.count == 2 * 4 * 4 * 2)
        #expect(try expansion("resnet.json").cells.count == 4 * 3 * 2)
        #expect(try expansion("depth.json").cells.count == 4 * 3 + 2)
        #expect(try expansion("inception.json").cells.count == 2 * (1 + 2 * 3))
        #expect(try expansion("detection.json").cells.count == 2 * 4 * 2)
        #expect(try expansion("smoke.json").cells.count == 3 * 2 + 2 + 4)
        #expect(try expansion("guard.json").cells.count == 4 * 2)
        #expect(try expansion("pointwise.json").cells.count == (19 + 18 + 4) * 2)
        #expect(try expansion("gemm.json").cells.count == 10 * 2)
        #expect(try expansion("bits.json").cells.count == (1 + 7 * 7 + 3 * 5 * 5 + 4) + 9 + 7)
        #expect(try expansion("schemes.json").cells.count == 1 + 2 * 8 + 2 * 8)
        #expect(try expansion("threads.json").cells.count == (3 + 2) * 2 * 3)
    }
}
