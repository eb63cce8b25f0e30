package dev.meshctl.api.resource;

import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * A kind of resource.
 *
 * @param apiVersion as resources are written
 * @param olderVersions that are read too, newest first; their content is the same
 * @param name as in {@code TrafficShift}
 * @param plural as in {@code trafficshifts}
 * @param shortNames what a user may type instead
 * @param namespaced false for kinds that belong to the whole cluster
 * @param type the record
 */
public record Kind(
        String apiVersion,
        List<String> olderVersions,
        String name,
        String plural,
        List<String> shortNames,
        boolean namespaced,
        Class<? extends Resource> type) {
    public Kind {
        shortNames = List.copyOf(shortNames);
        olderVersions = List.copyOf(olderVersions);
    }

    Kind(String apiVersion, String name, String plural, List<String> shortNames, boolean namespaced, Class<? extends Resource> type) {
        this(apiVersion, List.of(), name, plural, shortNames, namespaced, type);
    }

    /** The group, as in {@code meshctl.dev}. */
    public String group() {
        return apiVersion.substring(0, apiVersion.indexOf('/'));
    }

    /** The versions that are read, without the group, newest first. */
    public List<String> versions() {
        return Stream.concat(Stream.of(apiVersion), olderVersions.stream()).map(v -> v.substring(v.indexOf('/') + 1)).toList();
    }

    /** True for a group and version that resources of the kind are read in. */
    public boolean isReadAs(String typed) {
        return typed.equals(apiVersion) || olderVersions.contains(typed);
    }

    /** True for its group, also with one of its versions before it, as in {@code v1.gateway.networking.k8s.io}. */
    boolean isOfGroup(String typed) {
        return typed.equals(group()) || versions().stream().anyMatch(version -> typed.equals(version + "." + group()));
    }

    /** True for the kinds of {@link Route}. */
    public boolean isRoute() {
        return Route.class.isAssignableFrom(type);
    }

    /** The name in lower case, as {@code -o name} prints it. */
    public String singular() {
        return name.toLowerCase(Locale.ROOT);
    }
}
