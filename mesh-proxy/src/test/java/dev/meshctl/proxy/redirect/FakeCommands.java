package dev.meshctl.proxy.redirect;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Tools that answer as a test says; those that have no answer succeed and write nothing. */
final class FakeCommands implements Commands {
    record Call(String command, String input) {}

    final List<Call> calls = new ArrayList<>();
    private final List<String> present;
    private final Map<String, Outcome> answers = new HashMap<>();

    FakeCommands(String... present) {
        this.present = List.of(present);
    }

    /** What commands that begin so give. */
    FakeCommands answer(String beginning, Outcome outcome) {
        answers.put(beginning, outcome);
        return this;
    }

    @Override
    public boolean exists(String name) {
        return present.contains(name);
    }

    @Override
    public Outcome run(String input, List<String> command) {
        String line = String.join(" ", command);
        calls.add(new Call(line, input));
        return answers.entrySet().stream().filter(answer -> line.startsWith(answer.getKey())).map(Map.Entry::getValue)
                .findFirst().orElse(new Outcome(0, "", ""));
    }
}
