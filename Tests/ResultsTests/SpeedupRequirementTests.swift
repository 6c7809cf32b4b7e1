import Foundation
import Measurement
import Results
import Testing

/// The judgement alone, on records made by hand.
@Suite struct SpeedupRequirementTests {
    private func record(
        _ numerics: String, _ speedup: Estimate? = nil, status: Record.Status = .ok, suffix: String = "t1"
    ) -> Record {
        var record = Record(name: "net_224/\(numerics)/\(suffix)", status: status, reason: status == .ok ? nil : "why")
        record.numerics = numerics
        record.speedupOverF32 = speedup
        return record
    }

    private func estimate(_ low: Double, _ high: Double) -> Estimate {
        Estimate(value: (low + high) / 2, ci95: Interval(low, high))
    }

    private func outcome(_ records: Record..., minimum: Double = 1) -> Judgement? {
        let judgements = SpeedupRequirement(minimum: minimum).judge(records)
        #expect(judgements.count == 1)
        return judgements.first
    }

    @Test func theWholeIntervalMustReachTheBound() {
        #expect(outcome(record("f32"), record("w8c-a8-ptq", estimate(1, 1.2)))?.outcome == .met)
        #expect(outcome(record("f32"), record("w8c-a8-ptq", estimate(0.999, 1.2)))?.outcome == .violated)
        #expect(outcome(record("f32"), record("w8c-a8-ptq", estimate(2.1, 2.2)), minimum: 2.15)?.outcome == .violated)
        let slow = outcome(record("f32"), record("w8c-a8-ptq", estimate(0.8, 0.9)))
        #expect(slow?.outcome == .violated && slow?.reason == "it is slower")
        #expect(slow?.cell == "net_224/w8c-a8-ptq/t1" && slow?.bound == 1 && slow?.estimate == estimate(0.8, 0.9))
        let vague = outcome(record("f32"), record("w8c-a8-ptq", estimate(0.8, 3)))
        #expect(vague?.outcome == .violated && vague?.reason?.contains("not shown") == true)
    }

    @Test func noIntervalDoesNotPass() {
        for speedup in [nil, Estimate(value: 9)] {
            let judgement = outcome(record("f32"), record("w8c-a8-ptq", speedup))
            #expect(judgement?.outcome == .violated && judgement?.reason?.contains("raise max_time") == true)
        }
    }

    @Test func whatCannotBeJudgedIsSkippedWithItsReason() {
        let alone = outcome(record("w8c-a8-ptq"))
        #expect(alone?.outcome == .skipped && alone?.reason == "no f32 cell was measured beside it")
        // Of other threads, of another batch, failed: none of them is the cell beside it.
        for other in [
            record("f32", suffix: "t2"), record("f32", suffix: "t1/b4"), record("f32", status: .failed),
        ] {
            #expect(outcome(other, record("w8c-a8-ptq", estimate(2, 3)))?.outcome == .skipped)
        }
        let skipped = outcome(record("f32"), record("w8g32-a8-ptq", status: .skipped))
        #expect(skipped?.outcome == .skipped && skipped?.reason == "it was not measured")
        let exempt = SpeedupRequirement(minimum: 1, exemption: "too small a machine")
            .judge([record("f32"), record("w8c-a8-ptq", estimate(0.1, 0.2))])
        #expect(exempt.map(\.outcome) == [.skipped] && exempt[0].reason == "too small a machine")
    }

    @Test func everyQuantizedCellIsJudgedByItself() {
        let judgements = SpeedupRequirement(minimum: 1).judge([
            record("f32", suffix: "t2/b4"), record("w8c-a8-ptq", estimate(2, 3), suffix: "t2/b4"), record("f32"),
            record("w8t-a8-ptq", estimate(0.5, 0.6)), record("w4c-a8-ptq", estimate(1, 1)),
        ])
        #expect(judgements.map(\.outcome) == [.met, .violated, .met])
        #expect(SpeedupRequirement(minimum: 1).judge([record("f32")]).isEmpty)
    }

    @Test func theVerdictHasTheNamesThatTheFormatFixes() throws {
        let judgement = Judgement(
            cell: "a", requirement: SpeedupRequirement.name, bound: 1, estimate: estimate(2, 4), outcome: .met)
        let verdict = RunVerdict(exitCode: 0, message: "m", requirements: [judgement])
        let text = try Coding.line(verdict, of: "verdict")
        #expect(
            text
                == #"{"exit_code":0,"message":"m","requirements":[{"bound":1,"cell":"a","estimate":{"ci95":[2,4],"value":3},"outcome":"met","requirement":"min_speedup"}]}"#
        )
        #expect(try JSONDecoder().decode(RunVerdict.self, from: Data(text.utf8)) == verdict)
        // Files of before have no requirements.
        let old = try JSONDecoder().decode(RunVerdict.self, from: Data(#"{"exit_code":0,"message":"m"}"#.utf8))
        #expect(old == RunVerdict(exitCode: 0, message: "m"))
    }
}
