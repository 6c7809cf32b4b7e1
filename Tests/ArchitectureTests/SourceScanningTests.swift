import Testing

/// The scanners find what they must, so that the tests above can fail.
@Suite struct SourceScanningTests {
    @Test func tableRows() {
        let table = ArchitectureTable(
            markdown: """
                | floor | target | what it is | imports |
                |---|---|---|---|
                | 1 | `CLow` (C) | low, with `code` | – |
                | 2 | `Middle` | middle | `CLow` (its header) |
                | 3 | `High` | high | `Middle`, `CLow` |
                | word | meaning |
                """)
        #expect(
            table.targets == [
                "CLow": .init(floor: 1, imports: []), "Middle": .init(floor: 2, imports: ["CLow"]),
                "High": .init(floor: 3, imports: ["Middle", "CLow"]),
            ])
        #expect(table.violation("Middle", imports: "High") == "Middle → High")
        #expect(table.violation("CLow", imports: "Middle") == "CLow → Middle")
        #expect(table.violation("High", imports: "Middle") == nil)
        #expect(table.violation("High", imports: "Foundation") == nil)
    }

    @Test func importStatements() {
        let source = """
            // import Comment
            /// import Documentation
            import One
            public import Two
            @preconcurrency internal import Three
            @_spi(Private) import struct Four.Type
            #if PAPI
                import Five
            #else
            import Six; import Seven
            #endif
            import func Eight.f
            let text = "import Nine"
            important()
            """
        let found = imports(ofSwift: source)
        #expect(found.map(\.module) == ["One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight"])
        #expect(found[4] == ImportStatement(module: "Five", line: 8, conditions: ["PAPI"]))
        #expect(found[5].conditions == ["!(PAPI)"])
        #expect(found[7].conditions.isEmpty)
    }

    @Test func includeDirectives() {
        let found = includes(
            ofC: "#include \"own.h\"\n  #  include <other/theirs.h> // why\n// #include \"no.h\"\nint include;")
        #expect(found.map(\.header) == ["own.h", "other/theirs.h"])
        #expect(found.map(\.line) == [1, 2])
    }

    @Test func manifests() {
        let manifest = """
            let package = Package(
                targets: [
                    // Floor 1
                    .target(name: "CLow"),
                    .systemLibrary(name: "CSystem"),
                    .target(
                        name: "Middle",
                        dependencies: ["CLow", .target(name: "CSystem", condition: .when(traits: ["X"]))],
                        swiftSettings: swift),
                    .executableTarget(
                        name: "tool", dependencies: ["Middle", .product(name: "CLow", package: "elsewhere")]),
                    .testTarget(name: "MiddleTests", dependencies: ["Middle", "tool"]),
                ]
            )
            """
        #expect(
            manifestTargets(manifest, known: ["CLow", "CSystem", "Middle", "tool"]) == [
                "CLow": [], "CSystem": [], "Middle": ["CLow", "CSystem"], "tool": ["Middle"],
            ])
    }
}
