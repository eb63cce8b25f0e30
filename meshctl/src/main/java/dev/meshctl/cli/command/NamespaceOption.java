package dev.meshctl.cli.command;

import dev.meshctl.api.name.ServiceName;
import dev.meshctl.cli.CliError;
import picocli.CommandLine.Option;

/** The namespace of names that carry none; a mixin. */
public final class NamespaceOption {
    public static final String DEFAULT = "default";

    @Option(names = {"-n", "--namespace"}, paramLabel = "NAMESPACE", defaultValue = "",
            description = "namespace of names without one (default: " + DEFAULT + ")")
    String namespace = "";

    /** The namespace, {@value #DEFAULT} unless given. */
    public String orDefault() {
        return namespace.isEmpty() ? DEFAULT : namespace;
    }

    /** The namespace, empty for all unless given. */
    public String orAll() {
        return namespace;
    }

    /** Reads NAME.NAMESPACE, or NAME in this namespace. */
    public ServiceName service(String text) {
        try {
            return ServiceName.parse(text, orDefault());
        } catch (IllegalArgumentException e) {
            throw CliError.usage(String.valueOf(e.getMessage()));
        }
    }
}
