package dev.meshctl.api.resource;

import java.util.List;
import java.util.stream.IntStream;

/**
 * How the connections that a TLSRoute or a TCPRoute takes are shared out.
 *
 * @param backendRefs 1 to 16; if all weights are 0, connections are refused
 */
public record ConnectionRule(@Default("") String name, List<BackendRef> backendRefs) {
    static final int MAX_RULES = 16;

    public ConnectionRule {
        backendRefs = List.copyOf(backendRefs);
        Check.optionalLabel(name, "name");
        Check.items(backendRefs, 1, 16, "backendRefs");
    }

    static List<List<BackendRef>> backendRefs(List<ConnectionRule> rules) {
        return rules.stream().map(ConnectionRule::backendRefs).toList();
    }

    /** The same rules, each with other backends. */
    static List<ConnectionRule> with(List<ConnectionRule> rules, List<List<BackendRef>> backendRefs) {
        return IntStream.range(0, rules.size())
                .mapToObj(i -> new ConnectionRule(rules.get(i).name, backendRefs.get(i))).toList();
    }
}
