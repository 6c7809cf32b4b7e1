// swift-tools-version: 6.2
import PackageDescription

/// Settings of every Swift target: docs/architecture.md says who may import whom.
let swift: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

/// PAPI is a package trait: `--disable-default-traits` builds without libpapi.
let papi: [SwiftSetting] = swift + [.define("PAPI", .when(traits: ["PAPI"]))]

let package = Package(
    name: "bench",
    products: [
        .executable(name: "bench", targets: ["bench"]),
        .library(name: "QuantKernels", targets: ["QuantKernels"]),
        // For tests only: loaded in front of libpapi, never linked.
        .library(name: "ScriptedPMU", type: .dynamic, targets: ["ScriptedPMU"]),
    ],
    traits: [
        .trait(name: "PAPI", description: "Read counters through libpapi (Debian: libpapi-dev)."),
        .default(enabledTraits: ["PAPI"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
    ],
    targets: [
        // Floor 1
        .target(name: "CKernels"),
        .target(name: "CPlatform"),
        .target(name: "CKnownWork"),
        .systemLibrary(name: "CPAPI"),
        .systemLibrary(name: "CZlib"),
        .target(name: "Quantization", swiftSettings: swift),
        .target(name: "Suites", swiftSettings: swift),
        // Floor 2
        .target(name: "QuantKernels", dependencies: ["CKernels", "CPlatform", "Quantization"], swiftSettings: swift),
        .target(name: "Counters", dependencies: ["CPlatform"], swiftSettings: swift),
        // Floor 3
        .target(
            name: "PAPICounters",
            dependencies: ["Counters", .target(name: "CPAPI", condition: .when(traits: ["PAPI"]))],
            swiftSettings: papi),
        .target(name: "Measurement", dependencies: ["Counters", "CPlatform"], swiftSettings: swift),
        .target(name: "Networks", dependencies: ["QuantKernels", "Quantization"], swiftSettings: swift),
        .target(name: "Datasets", dependencies: ["CZlib"], swiftSettings: swift),
        // Floor 4
        .target(
            name: "Training", dependencies: ["Networks", "QuantKernels", "Quantization", "Datasets", "CKernels"],
            swiftSettings: swift),
        .target(name: "Results", dependencies: ["Measurement"], swiftSettings: swift),
        // Floor 5
        .target(
            name: "Reports",
            dependencies: ["Results", "Measurement", .product(name: "Mustache", package: "swift-mustache")],
            swiftSettings: swift),
        .target(
            name: "Doctor",
            dependencies: [
                "Results", "Measurement", "Counters", "QuantKernels", "Quantization", "CPlatform", "CKnownWork",
            ],
            swiftSettings: swift),
        .target(
            name: "Runner",
            dependencies: [
                "Suites", "Results", "Measurement", "Counters", "PAPICounters", "Networks", "QuantKernels",
                "Quantization", "Datasets", "Training", "CPlatform",
            ],
            swiftSettings: swift),
        // Floor 6
        .target(
            name: "BenchCommand",
            dependencies: [
                "Runner", "Reports", "Doctor", "Training", "PAPICounters", "Counters", "Suites", "Results",
                "Measurement",
                "Networks", "QuantKernels", "Datasets",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: swift),
        // Floor 7
        .executableTarget(name: "bench", dependencies: ["BenchCommand"], swiftSettings: swift),

        // What only tests use
        .target(name: "CSteps", path: "Tests/Support/CSteps"),
        .target(
            name: "ScriptedPMU", path: "Tests/Support/ScriptedPMU",
            linkerSettings: [.linkedLibrary("m", .when(platforms: [.linux]))]),

        .testTarget(name: "ArchitectureTests", swiftSettings: swift),
        .testTarget(name: "QuantizationTests", dependencies: ["Quantization"], swiftSettings: swift),
        .testTarget(name: "SuitesTests", dependencies: ["Suites"], swiftSettings: swift),
        .testTarget(
            name: "QuantKernelsTests", dependencies: ["QuantKernels", "Quantization", "CKernels", "CPlatform"],
            swiftSettings: swift),
        .testTarget(
            name: "CountersTests", dependencies: ["Counters", "PAPICounters", "CPlatform"], swiftSettings: papi),
        .testTarget(name: "MeasurementTests", dependencies: ["Measurement", "Counters"], swiftSettings: swift),
        .testTarget(
            name: "NetworksTests", dependencies: ["Networks", "QuantKernels", "Quantization", "CPlatform"],
            exclude: ["Golden"], swiftSettings: swift),
        .testTarget(name: "DatasetsTests", dependencies: ["Datasets"], swiftSettings: swift),
        .testTarget(
            name: "TrainingTests", dependencies: ["Training", "Networks", "QuantKernels", "Quantization", "Datasets"],
            swiftSettings: swift),
        .testTarget(name: "ResultsTests", dependencies: ["Results", "Measurement"], swiftSettings: swift),
        .testTarget(
            name: "DoctorTests",
            dependencies: ["Doctor", "Counters", "Measurement", "QuantKernels", "Results", "CKnownWork", "CSteps"],
            swiftSettings: swift),
        .testTarget(
            name: "ReportsTests", dependencies: ["Reports", "Results", "Measurement"], exclude: ["Golden"],
            swiftSettings: swift),
        .testTarget(
            name: "RunnerTests",
            dependencies: [
                "Runner", "Training", "Suites", "Counters", "Networks", "QuantKernels", "Results", "Measurement",
            ],
            swiftSettings: swift),
        .testTarget(
            name: "BenchCommandTests",
            dependencies: ["bench", "Doctor", "Counters", "Results", "Measurement", "Networks"],
            swiftSettings: papi),
    ]
)
