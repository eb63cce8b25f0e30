package dev.meshctl.cli.command.install;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.cli.ExitCode;
import dev.meshctl.cli.command.install.VerifyVerdict.Before;
import dev.meshctl.cli.command.install.VerifyVerdict.Failing;
import dev.meshctl.cli.verify.Check;
import dev.meshctl.cli.verify.CheckResult;
import dev.meshctl.cli.verify.Result;
import dev.meshctl.cli.verify.VerifyReport;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class VerifyVerdictTest {
    private static final Before NOTHING = new Before(Set.of(), Set.of());

    private static VerifyReport report(CheckResult... results) {
        return new VerifyReport(Instant.EPOCH, Duration.ZERO, List.of(results));
    }

    private static CheckResult result(Check check, String peer, Result result) {
        return new CheckResult(check, "west", peer, result, "seen", "", Duration.ZERO);
    }

    @Test
    void a_link_that_was_down_before_does_not_take_an_upgrade_back() {
        VerifyReport all = report(result(Check.MV0101, "", Result.PASS), result(Check.MV0402, "north", Result.FAIL),
                result(Check.MV0402, "east", Result.PASS));

        assertThat(VerifyVerdict.judged(all, new Before(Set.of("north"), Set.of())).exitCode()).isEqualTo(ExitCode.OK);
        assertThat(VerifyVerdict.judged(all, NOTHING).exitCode()).isEqualTo(ExitCode.FAILED);
    }

    @Test
    void one_that_goes_down_with_the_upgrade_does() {
        VerifyReport all = report(result(Check.MV0101, "", Result.PASS), result(Check.MV0402, "north", Result.FAIL),
                result(Check.MV0402, "east", Result.FAIL));

        assertThat(VerifyVerdict.judged(all, new Before(Set.of("north"), Set.of())).exitCode()).isEqualTo(ExitCode.FAILED);
    }

    @Test
    void what_failed_before_is_a_warning_if_it_still_fails_and_says_so() {
        Before before = new Before(Set.of(), Set.of(new Failing(Check.MV0401, "")));
        VerifyReport all = report(result(Check.MV0101, "", Result.PASS), result(Check.MV0401, "", Result.FAIL));

        VerifyReport judged = VerifyVerdict.judged(all, before);

        assertThat(judged.exitCode()).isEqualTo(ExitCode.OK);
        assertThat(judged.results()).filteredOn(each -> each.result() == Result.WARN).singleElement()
                .satisfies(each -> assertThat(each.evidence()).startsWith("as before: "));
    }

    @Test
    void what_failed_before_excuses_neither_another_check_nor_the_same_of_another_link_nor_one_that_cannot_run() {
        Before before = new Before(Set.of(), Set.of(new Failing(Check.MV0402, "north")));

        assertThat(VerifyVerdict.judged(report(result(Check.MV0101, "", Result.FAIL)), before).exitCode())
                .isEqualTo(ExitCode.FAILED);
        assertThat(VerifyVerdict.judged(report(result(Check.MV0402, "east", Result.FAIL)), before).exitCode())
                .isEqualTo(ExitCode.FAILED);
        assertThat(VerifyVerdict.judged(report(result(Check.MV0402, "north", Result.UNKNOWN)), before).exitCode())
                .isEqualTo(ExitCode.UNKNOWN);
    }

    @Test
    void versions_of_links_were_judged_before_the_upgrade_and_are_not_judged_again() {
        VerifyReport all = report(result(Check.MV0101, "", Result.PASS), result(Check.MV0405, "east", Result.FAIL),
                result(Check.MV0405, "north", Result.UNKNOWN));

        assertThat(VerifyVerdict.judged(all, NOTHING).exitCode()).isEqualTo(ExitCode.OK);
    }
}
