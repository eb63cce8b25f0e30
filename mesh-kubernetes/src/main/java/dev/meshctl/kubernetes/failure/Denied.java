package dev.meshctl.kubernetes.failure;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What RBAC did not allow to whom.
 *
 * @param who the user as the API server knows it
 * @param resource plural, with the subresource if any, as {@code pods/portforward}
 * @param group empty for the core group
 * @param namespace empty for a right in the whole cluster
 */
public record Denied(String who, String verb, String resource, String group, String namespace) {
    // Written by k8s.io/apiserver/pkg/endpoints/handlers/responsewriters/errors.go, unchanged for years.
    private static final Pattern SENTENCE = Pattern.compile(
            "User \"(?<who>[^\"]*)\" cannot (?<verb>[a-z]+) resource \"(?<resource>[^\"]+)\" in API group \"(?<group>[^\"]*)\""
                    + "(?: in the namespace \"(?<namespace>[^\"]+)\"| at the cluster scope)?");

    static Optional<Denied> in(String message) {
        Matcher found = SENTENCE.matcher(message);
        if (!found.find()) {
            return Optional.empty();
        }
        String namespace = found.group("namespace");
        return Optional.of(new Denied(found.group("who"), found.group("verb"), found.group("resource"),
                found.group("group"), namespace == null ? "" : namespace));
    }

    /** The resource with its group, as {@code deployments.apps}. */
    public String qualifiedResource() {
        if (group.isEmpty()) {
            return resource;
        }
        int slash = resource.indexOf('/');
        return slash < 0 ? resource + "." + group : resource.substring(0, slash) + "." + group + resource.substring(slash);
    }

    String inWords() {
        return "user \"" + who + "\" may not " + verb + " " + qualifiedResource()
                + (namespace.isEmpty() ? " in the cluster" : " in namespace " + namespace);
    }

    String check() {
        return "kubectl auth can-i " + verb + " " + qualifiedResource()
                + (namespace.isEmpty() ? "" : " --namespace " + namespace);
    }
}
