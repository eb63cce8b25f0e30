package dev.meshctl.cli;

/** The version of this meshctl. */
public final class Version {
    private Version() {}

    /** From the manifest of the jar; {@code dev} when it runs from classes. */
    public static String current() {
        String version = Version.class.getPackage().getImplementationVersion();
        return version == null ? "dev" : version;
    }
}
