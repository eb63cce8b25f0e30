package dev.meshctl.cli.install.kubernetes.operate;

/** Whether a mesh works after a change. */
public sealed interface Verdict {
    /** It works. */
    record Passed(String summary) implements Verdict {}

    /** It does not. */
    record Failed(String why) implements Verdict {}

    /** Nobody knows: the checks could not run. */
    record Unknown(String why) implements Verdict {}
}
