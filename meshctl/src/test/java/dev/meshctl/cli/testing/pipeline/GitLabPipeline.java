package dev.meshctl.cli.testing.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.cli.testing.pipeline.Runner.Ended;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/** A pipeline of GitLab CI, with what of its syntax examples need; anything else is an error. */
public final class GitLabPipeline {
    private static final Set<String> GLOBAL = Set.of("stages", "variables", "default", "workflow", "include");
    private static final Set<String> DEFAULT = Set.of("after_script", "artifacts", "before_script", "cache", "hooks", "id_tokens",
            "image", "interruptible", "retry", "services", "tags", "timeout");
    private static final Set<String> JOB = Set.of("after_script", "allow_failure", "artifacts", "before_script", "cache", "coverage",
            "dependencies", "environment", "extends", "image", "interruptible", "needs", "parallel", "resource_group", "retry",
            "rules", "script", "secrets", "services", "stage", "tags", "timeout", "variables", "when");
    private static final Set<String> ARTIFACTS = Set.of("paths", "exclude", "expire_in", "expose_as", "name", "public", "reports",
            "untracked", "when", "access");
    private static final Pattern VARIABLE = Pattern.compile("\\$(\\w+)");

    private final JsonNode tree;

    /** How a job ends. */
    public enum State { PASSED, FAILED, FAILED_BUT_ALLOWED }

    /** What came of a job. */
    public record Result(State state, Ended ended, List<Path> reports) {}

    /** @throws AssertionError if GitLab would refuse it */
    public GitLabPipeline(JsonNode tree) {
        this.tree = tree;
        List<String> stages = Shape.texts("stages", tree.path("stages"));
        Shape.variables("variables", tree.path("variables"));
        if (tree.has("default")) {
            Shape.object("default", tree.path("default"), DEFAULT, Set.of());
        }
        assertThat(jobs()).as("jobs").isNotEmpty();
        for (String job : jobs()) {
            JsonNode definition = tree.path(job);
            Shape.object(job, definition, JOB, Set.of("script", "stage"));
            assertThat(stages).as("stages, for " + job).contains(definition.path("stage").asString(""));
            assertThat(Shape.texts(job + ".script", definition.path("script"))).as(job + ".script").isNotEmpty();
            if (definition.has("artifacts")) {
                Shape.object(job + ".artifacts", definition.path("artifacts"), ARTIFACTS, Set.of());
            }
        }
    }

    /** In the order in which they run. */
    public List<String> jobs() {
        List<String> stages = Shape.texts("stages", tree.path("stages"));
        return tree.propertyNames().stream().filter(name -> !GLOBAL.contains(name))
                .sorted(Comparator.comparing(name -> stages.indexOf(tree.path(name).path("stage").asString("")))).toList();
    }

    /**
     * Runs a job as GitLab's runner does: one script of bash, of all its lines.
     *
     * @param ofProject variables of the project and of GitLab itself, which go before those of the file
     */
    public Result run(String job, Runner runner, Map<String, String> ofProject) throws IOException, InterruptedException {
        JsonNode definition = tree.path(job);
        Map<String, String> variables = new LinkedHashMap<>(Shape.variables("variables", tree.path("variables")));
        variables.putAll(Shape.variables(job + ".variables", definition.path("variables")));
        variables.putAll(ofProject);
        variables.put("CI_PROJECT_DIR", runner.workspace().toString());
        Map<String, String> environment = runner.environment();
        environment.put("GITLAB_CI", "true");
        variables.forEach((name, value) -> environment.put(name, expanded(value, variables)));
        if (variables.getOrDefault("GIT_SUBMODULE_STRATEGY", "").equals("recursive")) {
            runner.checkOutMeshctl("tools/meshctl");
        }
        JsonNode before = definition.has("before_script") ? definition.path("before_script") : tree.path("default").path("before_script");
        List<String> lines = new ArrayList<>(List.of("set -eo pipefail"));
        lines.addAll(Shape.texts("before_script", before));
        lines.addAll(Shape.texts("script", definition.path("script")));
        Ended ended = runner.bash(List.of(), String.join("\n", lines) + "\n", environment);
        List<Path> reports = new ArrayList<>();
        definition.path("artifacts").path("reports").forEach(file -> reports.add(runner.workspace().resolve(file.asString(""))));
        return new Result(state(ended.code(), definition.path("allow_failure")), ended, reports);
    }

    private static State state(int code, JsonNode allowed) {
        if (code == 0) {
            return State.PASSED;
        }
        for (JsonNode each : allowed.path("exit_codes")) {
            if (each.asInt(0) == code) {
                return State.FAILED_BUT_ALLOWED;
            }
        }
        return allowed.asBoolean(false) ? State.FAILED_BUT_ALLOWED : State.FAILED;
    }

    private static String expanded(String text, Map<String, String> variables) {
        return VARIABLE.matcher(text).replaceAll(found -> Matcher.quoteReplacement(variables.getOrDefault(found.group(1), "")));
    }
}
