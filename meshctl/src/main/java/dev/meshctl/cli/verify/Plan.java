package dev.meshctl.cli.verify;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;

/** The checks of a run, to be carried out at the same time. */
final class Plan {
    /** One check to carry out; its body throws when it cannot find out. */
    record Item(Check check, String cluster, String peer, Callable<Finding> body) {}

    private final List<Item> items = new ArrayList<>();

    void add(Check check, ClusterFacts facts, Callable<Finding> body) {
        items.add(new Item(check, facts.name(), "", body));
    }

    void add(Check check, ClusterFacts facts, String peer, Callable<Finding> body) {
        items.add(new Item(check, facts.name(), peer, body));
    }

    List<Item> items() {
        return List.copyOf(items);
    }
}
