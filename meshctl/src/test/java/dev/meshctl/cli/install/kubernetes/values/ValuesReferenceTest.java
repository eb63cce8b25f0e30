package dev.meshctl.cli.install.kubernetes.values;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.cli.install.kubernetes.Golden;
import org.junit.jupiter.api.Test;

class ValuesReferenceTest {
    @Test
    void the_reference_for_users_says_what_the_code_does() {
        Golden.assertSame("../docs/kubernetes/values.md", ValuesReference.markdown());
    }

    @Test
    void every_setting_is_told_with_what_it_is_for() {
        String reference = ValuesReference.markdown();

        assertThat(KnownPaths.all()).filteredOn(path -> !isGroup(path)).isNotEmpty()
                .allSatisfy(path -> assertThat(reference).contains("| `" + path + "` |"));
        assertThat(reference).doesNotContain("|  |");
    }

    private static boolean isGroup(String path) {
        return KnownPaths.all().stream().anyMatch(other -> other.startsWith(path + "."));
    }
}
