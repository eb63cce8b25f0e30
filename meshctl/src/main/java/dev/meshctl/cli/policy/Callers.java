package dev.meshctl.cli.policy;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.name.DnsLabel;
import dev.meshctl.api.name.ServiceName;
import dev.meshctl.cli.CliError;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Callers as they are typed: {@code ns:NAMESPACE}, {@code sa:NAME.NAMESPACE[@CLUSTER]}, {@code id:SPIFFE-ID},
 * {@code td:TRUST-DOMAIN}. A service account without cluster is the one of that name in this mesh and in each
 * mesh that is linked when the policy is made.
 */
public final class Callers {
    private Callers() {}

    /**
     * The {@code from} of each rule. Whoever is named as a service account or an identity matches by that alone, so those
     * have a rule of their own; namespaces and trust domains are joined by "and" in another, values of a kind by "or".
     *
     * @param meshes cluster name to trust domain: this cluster and the linked ones
     * @return one that is empty for everybody, if nobody is named
     */
    public static List<Map<String, Object>> from(List<String> typed, Map<String, TrustDomain> meshes) {
        Map<String, List<String>> lists = new LinkedHashMap<>();
        Map<String, List<String>> identities = new LinkedHashMap<>();
        for (String one : typed) {
            int colon = one.indexOf(':');
            String value = one.substring(colon + 1);
            switch (colon < 0 ? "" : one.substring(0, colon)) {
                case "ns" -> add(lists, "namespaces", namespace(value));
                case "id" -> add(identities, "identities", identity(value));
                case "sa" -> serviceAccounts(value, meshes).forEach(id -> add(identities, "identities", id.toString()));
                case "td" -> add(lists, "trustDomains", trustDomain(value));
                default -> throw CliError.usage("\"" + one + "\" names no caller").next(
                        "write ns:shop, sa:orders.shop, id:spiffe://west.mesh/ns/shop/sa/orders or td:east.mesh");
            }
        }
        List<Map<String, Object>> rules = new ArrayList<>();
        for (Map<String, List<String>> rule : List.of(identities, lists)) {
            if (!rule.isEmpty()) {
                rules.add(new LinkedHashMap<>(rule));
            }
        }
        return rules.isEmpty() ? List.of(Map.of()) : rules;
    }

    private static List<SpiffeId> serviceAccounts(String text, Map<String, TrustDomain> meshes) {
        int at = text.indexOf('@');
        if (at < 0) {
            return meshes.values().stream().map(domain -> ofServiceAccount(text, domain)).toList();
        }
        String cluster = text.substring(at + 1);
        TrustDomain domain = meshes.get(cluster);
        if (domain == null) {
            throw CliError.usage("\"" + cluster + "\" is neither this cluster nor linked with it")
                    .because("known here: " + String.join(", ", meshes.keySet()));
        }
        return List.of(ofServiceAccount(text.substring(0, at), domain));
    }

    /** The identity of a service account written NAME.NAMESPACE. */
    public static SpiffeId ofServiceAccount(String text, TrustDomain own) {
        try {
            ServiceName name = ServiceName.parse(text);
            return new SpiffeId(own, name.namespace(), name.name());
        } catch (IllegalArgumentException e) {
            throw CliError.usage("\"" + text + "\" is not a caller").next("write NAME.NAMESPACE, as in orders.shop");
        }
    }

    private static void add(Map<String, List<String>> lists, String field, String value) {
        lists.computeIfAbsent(field, f -> new ArrayList<>()).add(value);
    }

    private static String namespace(String value) {
        if (!DnsLabel.isValid(value)) {
            throw CliError.usage("\"" + value + "\" is not a namespace");
        }
        return value;
    }

    private static String identity(String value) {
        if (value.endsWith("*") && value.startsWith("spiffe://")) {
            return value;
        }
        try {
            return SpiffeId.parse(value).toString();
        } catch (IllegalArgumentException e) {
            throw CliError.usage(String.valueOf(e.getMessage()));
        }
    }

    private static String trustDomain(String value) {
        try {
            return new TrustDomain(value).name();
        } catch (IllegalArgumentException e) {
            throw CliError.usage(String.valueOf(e.getMessage()));
        }
    }
}
