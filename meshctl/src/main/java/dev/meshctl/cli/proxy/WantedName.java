package dev.meshctl.cli.proxy;

import java.util.Collection;
import java.util.List;
import java.util.function.Function;

/**
 * What somebody typed for a workload: {@code NAMESPACE/NAME}, {@code NAME.NAMESPACE} as lists show it, or a name of any
 * namespace. The name is that of a pod or workload, the beginning of one, or that of a service.
 *
 * @param namespace empty: any
 */
record WantedName(String text, String namespace, String name) {
    /** @param namespace of names that carry none; empty: any */
    static WantedName parse(String text, String namespace) {
        int slash = text.indexOf('/');
        if (slash >= 0) {
            return new WantedName(text, text.substring(0, slash), text.substring(slash + 1));
        }
        int dot = text.lastIndexOf('.');
        return dot > 0 && namespace.isEmpty()
                ? new WantedName(text, text.substring(dot + 1), text.substring(0, dot))
                : new WantedName(text, namespace, text);
    }

    boolean isIn(String other) {
        return namespace.isEmpty() || namespace.equals(other);
    }

    /** Those of the name; else those whose name begins with it. */
    <T> List<T> exactly(Collection<T> all, Function<T, String> nameOf) {
        return all.stream().filter(each -> nameOf.apply(each).equals(name)).toList();
    }

    <T> List<T> beginning(Collection<T> all, Function<T, String> nameOf) {
        return name.isEmpty() ? List.of() : all.stream().filter(each -> nameOf.apply(each).startsWith(name)).toList();
    }
}
