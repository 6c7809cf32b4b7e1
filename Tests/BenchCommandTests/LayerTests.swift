import Foundation
import Results
import Testing

/// `bench run --per-layer`, as users see it.
@Suite struct LayerTests {
    private static let network =
        #"{ "network": "mobilenet_v1", "width": 0.25, "resolution": 32, "numerics": ["f32", "w8c-a8+cal1"], "threads": [1, 2] }"#

    @Test func everyLayerHasARecord() throws {
        let folder = try Workspace()
        try folder.suite(Self.network)
        let run = try BenchProcess.run("run", "tiny.json", "--per-layer", in: folder)
        #expect(run.status == 0, "\(run.stderr)")
        let file = try folder.results()
        #expect(file.benchmarks.count == 4)
        for record in file.benchmarks {
            let layers = try #require(record.layers)
            #expect(layers.first?.name == "\(record.name)/conv_0")
            #expect(layers.contains { $0.layer?.nodes == ["pw_3"] && $0.name == "\(record.name)/pw_3" })
            // Each node of the network in one layer: a stem, 13 pairs, pool and classifier.
            #expect(Set(layers.flatMap { $0.layer?.nodes ?? [] }).count == 29)
            #expect(layers.reduce(0) { $0 + ($1.macs ?? 0) } == record.macs)
            for layer in layers {
                let facts = try #require(layer.layer)
                let chain = try #require(layer.latency)
                #expect(chain.median > 0 && facts.warmNs > 0 && facts.inputBytes > 0 && facts.outputBytes > 0)
                #expect(chain.samples.count == record.layerSum?.rounds)
                #expect(facts.bound?.isEmpty == false && facts.why?.isEmpty == false)
                #expect((facts.roofline == nil) == (layer.macs == nil), "\(layer.name)")
                if let point = facts.roofline {
                    #expect(Set(point.atMost.keys) == (record.numerics == "f32" ? ["int8"] : ["w4", "w2"]))
                    #expect(point.atMost.values.allSatisfy { $0 >= 1 })
                    #expect(point.attainableGmacsPerSecond > 0 && point.gbPerSecond > 0)
                    // Either a number or the reason why there is none.
                    #expect(point.measuredMacsPerByte != nil)
                }
                // What the kernels counted is what the layer's shape says.
                #expect(layer.counters?["quantkernels::MACS"]?.value == Double(layer.macs ?? 0), "\(layer.name)")
                #expect(layer.counters?["quantkernels::BYTES_PACKED"]?.value == 0)
                #expect(layer.counters?["quantkernels::SATURATED_OUTPUTS"] == nil)
                #expect((layer.percentOfCeiling == nil && layer.ceilingDoubt == nil) == (layer.macs == nil))
                #expect((layer.speedupOverF32 == nil) == (record.numerics == "f32"), "\(layer.name)")
            }
            #expect(layers.contains { !($0.layer?.kernels.isEmpty ?? true) && ($0.layer?.weightBytes ?? 0) > 0 })
            let sum = try #require(record.layerSum)
            let residual = try #require(sum.residualNs)
            #expect(abs(sum.sumNs - layers.reduce(0) { $0 + $1.latency!.median }) < 1e-6 * sum.sumNs)
            #expect(abs(sum.sumNs + residual - record.latency!.median) < 1e-6 * sum.sumNs)
            #expect(sum.clockNs > 0 && sum.clockNs < 10_000 && sum.besideNs > 0)
        }
        for ceiling in file.context.ceilings ?? [] {
            let limits = try #require(ceiling.layers)
            #expect(limits.dispatchNs ?? 0 > 0)
            #expect(limits.int8GoutputsPerSecond ?? 0 > 0 && limits.f32GoutputsPerSecond ?? 0 > 0)
            #expect(limits.caches.allSatisfy { $0.gbPerSecond > 0 && $0.level >= 1 })
        }

        let name = "mobilenet_v1_0.25_32/w8c-a8-ptq+cal1/t1"
        #expect(run.stdout.contains("\n\(name), layers\nlayer "))
        #expect(run.stdout.contains("\nresidual "))
        #expect(run.lines.allSatisfy { $0.count <= 120 })
        #expect(try folder.text("results/local/tiny.md").contains("## \(name), layers\n"))
        #expect(try folder.text("results/local/tiny.md").contains("## \(name), roofline\n"))
        for threads in 1...2 {
            let plot = "tiny.mobilenet_v1_0.25_32_t\(threads).roofline.svg"
            #expect(try folder.text("results/local/tiny.md").contains("](\(plot))"))
            let svg = try folder.text("results/local/\(plot)")
            #expect(svg.hasPrefix("<svg ") && svg.hasSuffix("</svg>\n"))
            #expect(try folder.text("results/local/tiny.html").contains(svg))
            // A mark for each layer that multiplies, of both numerics.
            #expect(svg.components(separatedBy: "<title>pw_3, ").count == 3)
        }
        let rows = try folder.text("results/local/tiny.csv").split(separator: "\n")
        #expect(rows.count == 1 + 4 * (1 + 29 + 1))
        #expect(rows.contains { $0.hasPrefix("\(name)/pw_3,ok,,mobilenet_v1,conv2d,") })
        #expect(rows.contains { $0.hasPrefix("\(name)/residual,ok,") })
        #expect(file.benchmarks.allSatisfy { $0.rerun?.contains(" --per-layer ") == true })
    }

    @Test func onlyIfItWasAskedFor() throws {
        let folder = try Workspace()
        try folder.suite(Self.network)
        let run = try BenchProcess.run("run", "tiny.json", "--filter", "t1", in: folder)
        #expect(run.status == 0)
        let file = try folder.results()
        #expect(file.benchmarks.allSatisfy { $0.layers == nil && $0.layerSum == nil })
        #expect(file.context.ceilings?.allSatisfy { $0.layers == nil } == true)
        #expect(!run.stdout.contains("layers"))
    }

    @Test func singleOperatorsHaveNoLayersWhichIsSaid() throws {
        let folder = try Workspace()
        try folder.suite(Case.gemm)
        let run = try BenchProcess.run("run", "tiny.json", "--per-layer", in: folder)
        #expect(run.status == 0)
        #expect(run.stderr.hasPrefix("bench: warning: --per-layer: none of these cells is a network"))
        #expect(try folder.results().benchmarks.allSatisfy { $0.layers == nil })
    }
}
