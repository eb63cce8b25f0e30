package dev.meshctl.cli.install.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Files of the project that must say what the code says. {@code -Dgolden.refresh=true} writes them anew. */
public final class Golden {
    private static final String REFRESH = "golden.refresh";

    private Golden() {}

    /** @param file from the directory of the module */
    public static void assertSame(String file, String actual) {
        Path path = Path.of(file);
        try {
            if (Boolean.getBoolean(REFRESH)) {
                Files.createDirectories(path.toAbsolutePath().getParent());
                Files.writeString(path, actual);
            }
            String expected = Files.exists(path) ? Files.readString(path) : "";
            assertThat(actual).as("%s; if it should change, run with -D%s=true", file, REFRESH).isEqualTo(expected);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
