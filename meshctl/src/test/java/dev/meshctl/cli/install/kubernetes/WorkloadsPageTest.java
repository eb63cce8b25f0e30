package dev.meshctl.cli.install.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.control.admission.inject.PodAnnotations;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class WorkloadsPageTest {
    private static final Path PAGE = Path.of("../docs/kubernetes/workloads.md");

    @Test
    void the_page_has_every_annotation_that_a_user_may_set_and_no_other() throws IOException {
        List<String> told = Pattern.compile("(?m)^\\| `(meshctl\\.dev/[a-z-]+)` \\|").matcher(Files.readString(PAGE)).results()
                .map((MatchResult row) -> row.group(1)).toList();

        assertThat(told).containsExactlyInAnyOrderElementsOf(
                PodAnnotations.KNOWN.stream().filter(name -> !name.equals(PodAnnotations.INJECTED)).toList());
    }
}
