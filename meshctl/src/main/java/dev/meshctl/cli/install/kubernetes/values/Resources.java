package dev.meshctl.cli.install.kubernetes.values;

/** What a container asks for and may have at most. */
public record Resources(
        @Setting(doc = "What the node keeps for it.") Requests requests,
        @Setting(doc = "What it may have at most.") Limits limits) {
    public Resources {
        within("cpu", requests.cpu, limits.cpu);
        within("memory", requests.memory, limits.memory);
    }

    /** What the node keeps for it. */
    public record Requests(
            @Setting(doc = "In cores.", format = Format.QUANTITY) String cpu,
            @Setting(doc = "In bytes.", format = Format.QUANTITY) String memory) {}

    /** What it may have at most. Empty: no limit. */
    public record Limits(
            @Setting(doc = "In cores; empty: no limit.", format = Format.QUANTITY) String cpu,
            @Setting(doc = "In bytes; empty: no limit. The heap follows it.", format = Format.QUANTITY) String memory) {}

    private static void within(String what, String request, String limit) {
        if (!request.isEmpty() && !limit.isEmpty() && Quantity.parse(request).compareTo(Quantity.parse(limit)) > 0) {
            throw new WrongSetting("requests." + what, "%s is more than limits.%s, %s".formatted(request, what, limit));
        }
    }
}
