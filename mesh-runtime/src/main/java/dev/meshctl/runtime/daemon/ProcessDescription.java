package dev.meshctl.runtime.daemon;

/**
 * What a daemon tells of itself to whoever asks which one it is.
 *
 * @param node the pod that it runs in, else the machine
 * @param version of its release; empty if it was not started from a release
 */
public record ProcessDescription(String node, String version) {
    private static final String POD_NAME = "POD_NAME";

    /**
     * Of this process.
     *
     * @param part a class of the component; the jar that it is from knows the version
     * @param node what the configuration says
     */
    public static ProcessDescription of(Class<?> part, String node) {
        String pod = System.getenv(POD_NAME);
        String version = part.getPackage().getImplementationVersion();
        return new ProcessDescription(pod == null || pod.isEmpty() ? node : pod, version == null ? "" : version);
    }
}
