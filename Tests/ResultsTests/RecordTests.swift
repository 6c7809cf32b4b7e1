import Foundation
import Measurement
import Results
import Testing

@Suite struct RecordTests {
    private func object(_ text: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    @Test func everyFieldHasTheNameThatTheFormatFixes() throws {
        let json = try object(Coding.line(fullRecord(), of: "r"))
        #expect(
            Set(json.keys) == [
                "name", "status", "network", "width", "resolution", "op", "shape", "numerics", "rounding", "batch",
                "threads", "backend", "path", "latency_ns", "macs", "gmacs_per_s", "ceiling_gmacs_per_s",
                "percent_of_ceiling", "ceiling_doubt", "macs_per_cycle", "speedup_over_f32", "counters", "metrics",
                "counting",
                "accuracy",
                "error",
                "model_bytes", "arena_bytes", "packed_bytes", "peak_resident_bytes", "trained_by", "setup_ns",
                "output_hash", "rerun",
            ])
        let keys = { (field: String) in Set((json[field] as? [String: Any] ?? [:]).keys) }
        #expect(
            keys("latency_ns") == [
                "median", "mad", "ci95", "p5", "p95", "p99", "samples", "iterations_per_sample", "stop_reason",
                "disturbed",
            ])
        #expect(keys("counting") == ["passes", "iterations", "cost_ns", "empty_counts"])
        let metrics = try #require(json["metrics"] as? [String: [String: Any]])
        #expect(
            Set(metrics["instructions per cycle", default: [:]].keys) == [
                "value", "provenance", "formula", "share", "unit",
            ])
        #expect(keys("accuracy") == ["top1", "n", "ci95", "delta_f32", "provenance"])
        #expect(keys("error") == ["against_f32_sqnr_db", "against_reference_max_lsb"])
        #expect(keys("setup_ns") == ["building", "packing", "calibration"])
        #expect(keys("speedup_over_f32") == ["value", "ci95"])
        let counters = try #require(json["counters"] as? [String: [String: Any]])
        #expect(Set(counters["PAPI_TOT_CYC", default: [:]].keys) == ["provenance", "reason"])
        #expect(counters["PAPI_BR_INS"]?["share"] as? Double == 0.5)
        #expect((json["latency_ns"] as? [String: Any])?["ci95"] as? [Double] == [1, 6])
    }

    @Test func aDetectorsRecordTellsWhatItFinds() throws {
        var record = Record(name: "r", status: .ok)
        record.detection = DetectionQuality(
            map: 61.25, map50: 88, precision: 70, recall: 66, images: 2000, ci95: Interval(60, 62), deltaF32: -0.5,
            provenance: .measured)
        let json = try object(Coding.line(record, of: "r"))
        let detection = try #require(json["detection"] as? [String: Any])
        #expect(
            Set(detection.keys) == [
                "map", "map50", "precision", "recall", "images", "ci95", "delta_f32", "provenance",
            ])
        #expect(detection["map"] as? Double == 61.25 && detection["delta_f32"] as? Double == -0.5)
        #expect(json["accuracy"] == nil)
        record.detection = DetectionQuality(map: 22.1, provenance: .published, source: "somewhere")
        let published = try #require(try object(Coding.line(record, of: "r"))["detection"] as? [String: Any])
        #expect(Set(published.keys) == ["map", "provenance", "source"])
    }

    @Test func aProfiledRecordHoldsARecordPerLayer() throws {
        let json = try object(Coding.line(profiledRecord(), of: "r"))
        let layers = try #require(json["layers"] as? [[String: Any]])
        #expect(layers.map { $0["name"] as? String } == ["net_0.25_28/w8c-a8-ptq/t1/pw_1+add_1"])
        let keys = { (object: Any?) in Set((object as? [String: Any] ?? [:]).keys) }
        #expect(
            keys(layers[0]["layer"]) == [
                "nodes", "warm_ns", "input_bytes", "output_bytes", "weight_bytes", "macs_per_byte", "weights", "sums",
                "kernels", "bound", "why", "roofline",
            ])
        #expect(
            keys((layers[0]["layer"] as? [String: Any])?["roofline"]) == [
                "bound", "level", "gb_per_s", "attainable_gmacs_per_s", "percent_of_roof", "at_most",
                "measured_macs_per_byte",
            ])
        #expect(keys(json["layer_sum"]) == ["rounds", "clock_ns", "sum_ns", "chain_ns", "beside_ns", "residual_ns"])
        let text = try Coding.line(profiledRecord(), of: "r")
        #expect(try JSONDecoder().decode(Record.self, from: Data(text.utf8)) == profiledRecord())
        let ceilings = try #require(try object(Coding.line(fullContext(), of: "c"))["ceilings"] as? [[String: Any]])
        #expect(
            keys(ceilings[0]["layers"]) == ["caches", "int8_goutputs_per_s", "f32_goutputs_per_s", "dispatch_ns"])
    }

    @Test func everyContextFieldHasTheNameThatTheFormatFixes() throws {
        let json = try object(Coding.line(fullContext(), of: "context"))
        #expect(
            Set(json.keys) == [
                "processor", "instruction_sets", "caches", "kernel", "governor", "virtual_machine",
                "perf_event_paranoid", "load", "ceilings", "clock", "build_configuration", "compiler", "revision",
                "suite", "seed", "start_time", "papi_version",
            ])
    }

    @Test func whatIsMissingIsAbsentAndNeverNull() throws {
        let text = try Coding.line(Record(name: "a", status: .skipped, reason: "why"), of: "a")
        #expect(text == #"{"name":"a","reason":"why","status":"skipped"}"#)
        #expect(try Coding.line(Context(), of: "context") == "{}")
    }

    @Test func readingGivesBackWhatWasWritten() throws {
        let text = try Coding.line(fullRecord(), of: "r")
        #expect(try JSONDecoder().decode(Record.self, from: Data(text.utf8)) == fullRecord())
        let context = try Coding.line(fullContext(), of: "context")
        #expect(try JSONDecoder().decode(Context.self, from: Data(context.utf8)) == fullContext())
    }

    @Test func infinityIsRefusedWithItsPlace() {
        var record = fullRecord("bad")
        record.gmacsPerSecond = .infinity
        let error = #expect(throws: ResultsError.self) { try Coding.line(record, of: record.name) }
        #expect(error == .notFinite(record: "bad", place: "gmacs_per_s"))
    }

    @Test(arguments: [
        #"{"provenance":"unavailable","value":0,"reason":"x"}"#, #"{"provenance":"unavailable"}"#,
        #"{"provenance":"measured"}"#, #"{"provenance":"guessed","value":1}"#,
    ])
    func contradictoryQuantitiesAreRefused(text: String) {
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(Quantity.self, from: Data(text.utf8)) }
    }

    @Test func accuracyIsPercentWithWilsonsInterval() throws {
        let accuracy = try #require(Accuracy.measured(correct: 9284, of: 10000))
        #expect(accuracy.top1 == 92.84)
        let interval = try #require(accuracy.ci95)
        #expect(abs(interval.low - 92.318) < 0.001 && abs(interval.high - 93.329) < 0.001, "\(interval)")
        #expect(Accuracy.measured(correct: 0, of: 0) == nil)
        #expect(accuracy.top5 == nil && Accuracy.measured(correct: 5, amongFive: 9, of: 10)?.top5 == 90)
    }

    @Test func latencyNeedsSamples() {
        let empty = CellMeasurement(
            name: "a", samples: [], iterationsPerSample: 1, stopReason: .interrupted, sampledNanoseconds: 0)
        #expect(Latency(empty) == nil)
    }
}
