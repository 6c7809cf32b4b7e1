import Foundation
import Testing

/// Holds the code to the table in docs/architecture.md.
@Suite struct ArchitectureTests {
    let table: ArchitectureTable

    init() throws { table = ArchitectureTable(markdown: try Repository.text("docs/architecture.md")) }

    @Test func everyImportIsInTheTable() throws {
        let files = try Repository.sources(["swift"])
        #expect(files.count >= 10, "the sources were not found")
        for file in files {
            for statement in imports(ofSwift: file.text) {
                if let arrow = table.violation(file.target, imports: statement.module) {
                    Issue.record("\(file.path):\(statement.line): \(arrow) is not in the table of docs/architecture.md")
                }
            }
        }
    }

    @Test func theManifestHasTheTargetsAndArrowsOfTheTable() throws {
        let manifest = manifestTargets(try Repository.text("Package.swift"), known: table.names)
        #expect(Set(manifest.keys) == table.names, "the targets of Package.swift and docs/architecture.md differ")
        for (name, dependencies) in manifest {
            let allowed = table.targets[name]?.imports ?? []
            for dependency in dependencies.subtracting(allowed) {
                Issue.record("Package.swift: \(name) → \(dependency) is not in the table of docs/architecture.md")
            }
            for dependency in allowed.subtracting(dependencies) {
                Issue.record("docs/architecture.md: \(name) → \(dependency) is not in Package.swift")
            }
        }
    }

    @Test func everyFolderInSourcesIsATarget() throws {
        #expect(try Set(Repository.targetFolders()) == table.names)
    }

    @Test func arrowsLeadToLowerFloors() {
        for (name, target) in table.targets {
            for module in target.imports {
                guard let imported = table.targets[module] else {
                    Issue.record("docs/architecture.md: \(name) → \(module): there is no such target")
                    continue
                }
                #expect(imported.floor < target.floor, "docs/architecture.md: \(name) → \(module) does not lead down")
            }
        }
    }

    /// The rules beside the table, so that a changed table cannot repeal them unnoticed.
    @Test(arguments: [
        ("Measurement", "QuantKernels"), ("Reports", "Runner"), ("Counters", "PAPICounters"),
    ])
    func never(target: String, module: String) throws {
        let row = try #require(table.targets[target])
        #expect(!row.imports.contains(module), "docs/architecture.md: \(target) → \(module)")
        for file in try Repository.sources(["swift"]) where file.target == target {
            #expect(
                !imports(ofSwift: file.text).contains { $0.module == module }, "\(file.path): \(target) → \(module)")
        }
    }

    @Test func nothingImportsTheExecutable() throws {
        for (name, target) in table.targets {
            #expect(!target.imports.contains("bench"), "docs/architecture.md: \(name) → bench")
        }
        for file in try Repository.sources(["swift"]) {
            #expect(
                !imports(ofSwift: file.text).contains { $0.module == "bench" }, "\(file.path): \(file.target) → bench")
        }
    }

    @Test func cTargetsStandAlone() throws {
        let files = try Repository.sources(["c", "h", "S", "inc"])
        let owners = Dictionary(
            grouping: files.filter { !$0.path.hasSuffix(".c") }, by: { ($0.path as NSString).lastPathComponent }
        ).mapValues { Set($0.map(\.target)) }
        #expect(owners["CKernels.h"] == ["CKernels"], "the headers were not found")
        for file in files {
            for (header, line) in includes(ofC: file.text) {
                let owner = owners[(header as NSString).lastPathComponent] ?? [file.target]
                #expect(
                    owner.contains(file.target),
                    "\(file.path):\(line): \(file.target) → \(owner.sorted().joined(separator: ", ")) by \(header)")
            }
        }
        for (name, target) in table.targets where name.first == "C" && name.dropFirst().first?.isUppercase == true {
            #expect(target.imports.isEmpty, "docs/architecture.md: \(name) is a C target and imports nothing")
        }
    }

    /// Without the trait PAPI there is no libpapi to import.
    @Test func papiIsImportedInsideItsTraitOnly() throws {
        for file in try Repository.sources(["swift"]) {
            for statement in imports(ofSwift: file.text) where statement.module == "CPAPI" {
                #expect(
                    statement.conditions.contains("PAPI"),
                    "\(file.path):\(statement.line): import CPAPI outside #if PAPI")
            }
        }
    }

    /// The reference operators judge the optimised ones, so they may not call them.
    @Test func referenceOperatorsImportNoKernels() throws {
        for file in try Repository.sources(["swift"]) where file.path.contains("/Reference/") {
            #expect(
                !imports(ofSwift: file.text).contains { $0.module == "CKernels" },
                "\(file.path): a reference operator → CKernels")
        }
    }
}
