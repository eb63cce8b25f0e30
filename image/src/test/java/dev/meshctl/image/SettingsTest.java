package dev.meshctl.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Instant;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsTest {
    @Test
    void withoutABaseTheOwnOneIsMade() throws Exception {
        assertThat(Settings.of(properties()).base()).isEqualTo(new BaseImage.Own());
    }

    @ParameterizedTest
    @ValueSource(strings = {"tar:/b/base.tar", "tar:///b/base.tar", " tar:/b/base.tar "})
    void aBaseMayBeATar(String text) throws Exception {
        assertThat(BaseImage.parse(text)).isEqualTo(new BaseImage.Tar(Path.of("/b/base.tar")));
    }

    @Test
    void aBaseMayBeInARegistry() throws Exception {
        assertThat(BaseImage.parse("registry.example/debian:13@sha256:00"))
                .isEqualTo(new BaseImage.Registry("registry.example/debian:13@sha256:00"));
    }

    @ParameterizedTest
    @CsvSource({"scratch,leave image.base away", "tar:,names no file", "/b/base.tar,-Dimage.base=tar:/b/base.tar"})
    void aBaseThatCannotWorkIsRefusedWithWhatToWriteInstead(String text, String advice) {
        assertThatThrownBy(() -> BaseImage.parse(text)).isInstanceOf(ImageException.class).hasMessageContaining(advice);
    }

    @Test
    void classDataIsTrainedUnlessAFileIsGivenOrItIsLeftOut() throws Exception {
        assertThat(ClassDataSource.parse("train")).isEqualTo(new ClassDataSource.Training());
        assertThat(ClassDataSource.parse("none")).isEqualTo(new ClassDataSource.None());
        assertThat(ClassDataSource.parse("/c/m.aot")).isEqualTo(new ClassDataSource.Given(Path.of("/c/m.aot")));
        assertThatThrownBy(() -> ClassDataSource.parse("yes"))
                .isInstanceOf(ImageException.class).hasMessageContaining("train, none, or a file");
    }

    @Test
    void timesAreWholeSecondsAsInTars() throws Exception {
        Properties properties = properties();
        properties.setProperty("image.timestamp", "2026-05-06T07:08:09.987Z");

        assertThat(Settings.of(properties).timestamp()).isEqualTo(Instant.parse("2026-05-06T07:08:09Z"));
    }

    @Test
    void aPropertyThatIsMissingIsNamed() {
        Properties properties = properties();
        properties.remove("image.mainClass");

        assertThatThrownBy(() -> Settings.of(properties))
                .isInstanceOf(ImageException.class).hasMessageContaining("image.mainClass");
    }

    @Test
    void aTimeThatIsNoneIsRefused() {
        Properties properties = properties();
        properties.setProperty("image.timestamp", "yesterday");

        assertThatThrownBy(() -> Settings.of(properties))
                .isInstanceOf(ImageException.class).hasMessageContaining("\"yesterday\"");
    }

    private static Properties properties() {
        Properties properties = new Properties();
        properties.setProperty("image.base", "");
        properties.setProperty("image.name", "meshctl:1");
        properties.setProperty("image.version", "1");
        properties.setProperty("image.mainClass", "dev.meshctl.component.Component");
        properties.setProperty("image.timestamp", "2026-01-01T00:00:00Z");
        properties.setProperty("image.lib", "/lib");
        properties.setProperty("image.baseScript", "/base/make");
        properties.setProperty("image.work", "/work");
        properties.setProperty("image.tar", "/image.tar");
        return properties;
    }
}
