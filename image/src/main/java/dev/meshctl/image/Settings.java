package dev.meshctl.image;

import java.nio.file.Path;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Properties;

/**
 * What the build is told, by system properties {@code image.*}.
 *
 * @param base what the image is built upon
 * @param name its name and tag, {@code registry/name:tag}
 * @param version of the product
 * @param revision of the sources, empty if not known
 * @param mainClass what the entry point runs; gets the component and its arguments
 * @param classData where the class data comes from
 * @param timestamp of all files and of the image, to the second
 * @param jars directory with all jars of the components
 * @param baseScript makes the own base
 * @param work directory for what is made on the way
 * @param tar the result
 */
record Settings(
        BaseImage base,
        String name,
        String version,
        String revision,
        String mainClass,
        ClassDataSource classData,
        Instant timestamp,
        Path jars,
        Path baseScript,
        Path work,
        Path tar) {
    /**
     * Reads the properties.
     *
     * @throws ImageException if one is missing or wrong
     */
    static Settings of(Properties properties) throws ImageException {
        return new Settings(
                BaseImage.parse(properties.getProperty("image.base", "")),
                required(properties, "image.name"),
                required(properties, "image.version"),
                properties.getProperty("image.revision", ""),
                required(properties, "image.mainClass"),
                ClassDataSource.parse(properties.getProperty("image.aot", "train")),
                timestamp(required(properties, "image.timestamp")),
                path(properties, "image.lib"),
                path(properties, "image.baseScript"),
                path(properties, "image.work"),
                path(properties, "image.tar"));
    }

    private static Path path(Properties properties, String name) throws ImageException {
        return Path.of(required(properties, name)).toAbsolutePath();
    }

    private static String required(Properties properties, String name) throws ImageException {
        String value = properties.getProperty(name, "").strip();
        if (value.isEmpty()) {
            throw new ImageException("the property " + name + " is not set");
        }
        return value;
    }

    private static Instant timestamp(String text) throws ImageException {
        try {
            return Instant.ofEpochSecond(Instant.parse(text).getEpochSecond());
        } catch (DateTimeParseException e) {
            throw new ImageException("project.build.outputTimestamp is \"" + text + "\" but must be like 2026-01-01T00:00:00Z", e);
        }
    }
}
