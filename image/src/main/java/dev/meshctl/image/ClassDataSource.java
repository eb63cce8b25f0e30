package dev.meshctl.image;

import java.nio.file.Path;

/** Where the class data (the JVM's AOT cache) of the image comes from. */
sealed interface ClassDataSource {
    /** From a training run of this build; two such runs never give the same bytes. */
    record Training() implements ClassDataSource {}

    /** From an earlier build of the same jars and JDK: gives the same image again, byte for byte. */
    record Given(Path file) implements ClassDataSource {}

    /** There is none; the components start slower. */
    record None() implements ClassDataSource {}

    /**
     * Understands the property {@code image.aot}.
     *
     * @throws ImageException if it is neither {@code train}, {@code none} nor a file
     */
    static ClassDataSource parse(String text) throws ImageException {
        return switch (text.strip()) {
            case "train", "" -> new Training();
            case "none" -> new None();
            case String file when file.endsWith(".aot") -> new Given(Path.of(file).toAbsolutePath());
            default -> throw new ImageException("image.aot is \"" + text + "\" but must be train, none, or a file named *.aot");
        };
    }
}
