import Suites
import Testing

@Suite struct ExpansionTests {
    private let example = suiteText(
        cases: """
            {"network": "mobilenet_v1", "width": [1.0, 0.25], "numerics": ["f32", "int8"], "threads": [1, 2]},
            {"network": "resnet18", "numerics": "int8", "batch": [1, 4]},
            {"gemm": [[1024, 1024, 1024]], "numerics": "int8"},
            {"layer": [{"op": "conv2d", "h": 56, "c_in": 64, "k": 3, "s": 1, "c_out": 64},
                       {"op": "depthwise", "h": 28, "c_in": 32, "k": 3, "s": 2}], "numerics": "w4t-a8"}
            """)

    @Test func namesInOrder() throws {
        let expansion = try parseSuite(example).expand()
        #expect(
            expansion.cells.map(\.name) == [
                "mobilenet_v1_1.0_224/f32/t1", "mobilenet_v1_1.0_224/f32/t2", "mobilenet_v1_1.0_224/w8c-a8-ptq/t1",
                "mobilenet_v1_1.0_224/w8c-a8-ptq/t2", "mobilenet_v1_0.25_224/f32/t1", "mobilenet_v1_0.25_224/f32/t2",
                "mobilenet_v1_0.25_224/w8c-a8-ptq/t1", "mobilenet_v1_0.25_224/w8c-a8-ptq/t2",
                "resnet18_224/w8c-a8-ptq/t1", "resnet18_224/w8c-a8-ptq/t1/b4", "gemm_1024x1024x1024/w8c-a8-ptq/t1",
                "conv2d_56x56x64_k3_s1_64/w4t-a8-ptq/t1", "depthwise_28x28x32_k3_s2_32/w4t-a8-ptq/t1",
            ])
        #expect(expansion.warnings.isEmpty)
        #expect(expansion.cells[2].spelledNumerics == "int8")
        #expect(expansion.cells[2].numerics == .int8)
        #expect(expansion.cells[10].workload == .gemm(GemmWorkload(m: 1024, n: 1024, k: 1024)))
    }

    @Test func threadsAreOverridden() throws {
        let expansion = try parseSuite(example).expand(threads: [3])
        #expect(expansion.cells.allSatisfy { $0.threads == 3 && $0.name.contains("/t3") })
        #expect(expansion.cells.count == 9)
    }

    @Test func seedsBelongToTheWorkload() throws {
        let suite = try parseSuite(example)
        let (cells, again, other) = (suite.expand().cells, suite.expand().cells, suite.expand(seed: 1).cells)
        #expect(cells == again)
        #expect(Set(cells[..<4].map(\.seed)).count == 1, "f32, int8 and all thread counts compute the same thing")
        #expect(cells[0].seed != cells[4].seed)
        #expect(zip(cells, other).allSatisfy { $0.seed != $1.seed && $0.name == $1.name })
    }

    @Test func duplicatesAreRemovedWithAWarning() throws {
        let suite = try parseSuite(
            suiteText(
                cases: """
                    {"gemm": [1, 2, 3], "numerics": ["int8", "w8c-a8", "w8c-a8-ptq"]},
                    {"gemm": [1, 2, 3], "numerics": ["f32", "f32"]}
                    """))
        let expansion = suite.expand()
        #expect(expansion.cells.map(\.name) == ["gemm_1x2x3/w8c-a8-ptq/t1", "gemm_1x2x3/f32/t1"])
        #expect(expansion.cells[0].spelledNumerics == "int8")
        #expect(
            expansion.warnings == [
                "suites/x.json:2:11: this case names cell 'gemm_1x2x3/w8c-a8-ptq/t1' again; it is measured once",
                "suites/x.json:3:1: this case names cell 'gemm_1x2x3/f32/t1' again; it is measured once",
            ])
    }

    @Test func filters() throws {
        let expansion = try parseSuite(example).expand()
        #expect(try expansion.filtered(by: "f32").cells.count == 4)
        #expect(try expansion.filtered(by: "^(gemm|conv2d)_.*t1$").cells.count == 2)
        #expect(try expansion.filtered(by: "").cells.count == expansion.cells.count)
        for cell in expansion.cells {
            #expect(try expansion.filtered(by: cell.exactPattern).cells == [cell])
        }
        let error = #expect(throws: SuiteError.self) { try expansion.filtered(by: "(f32") }
        #expect(try #require(error).description.hasPrefix("filter '(f32' is no regular expression: "))
        #expect(
            throws: SuiteError.nothingMatches(pattern: "int8", cells: 13, example: "mobilenet_v1_1.0_224/f32/t1")
        ) { try expansion.filtered(by: "int8") }
    }

    @Test func exactPatternsEscapeWhatIsSpecial() throws {
        let expansion = try parseSuite(
            suiteText(cases: #"{"gemm": [1, 2, 3], "numerics": ["w8c-a8", "w8c-a8+single", "w8c-a8+signed+single"]}"#)
        ).expand()
        for cell in expansion.cells {
            #expect(try expansion.filtered(by: cell.exactPattern).cells == [cell])
        }
    }
}
