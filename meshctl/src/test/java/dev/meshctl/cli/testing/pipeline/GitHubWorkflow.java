package dev.meshctl.cli.testing.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.cli.testing.pipeline.Runner.Ended;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/** A workflow of GitHub Actions, with what of its syntax examples need; anything else is an error. */
public final class GitHubWorkflow {
    private static final Set<String> WORKFLOW = Set.of("name", "run-name", "on", "permissions", "env", "defaults", "concurrency", "jobs");
    private static final Set<String> JOB = Set.of("name", "permissions", "needs", "if", "runs-on", "environment", "concurrency",
            "outputs", "env", "defaults", "steps", "timeout-minutes", "strategy", "continue-on-error", "container", "services");
    private static final Set<String> STEP = Set.of("id", "if", "name", "uses", "run", "working-directory", "shell", "with", "env",
            "continue-on-error", "timeout-minutes");
    private static final Pattern EXPRESSION = Pattern.compile("\\$\\{\\{(.*?)}}");

    private final JsonNode tree;

    /** What came of a step; one that was not run has no output. */
    public record Step(String what, boolean ran, Ended ended) {}

    /** Of a job: its steps, and the files that it has kept. */
    public record Result(List<Step> steps, List<Path> artifacts) {
        public boolean failed() {
            return steps.stream().anyMatch(step -> step.ended().code() != 0);
        }

        /** The one step that has a text in it. */
        public Step step(String part) {
            return steps.stream().filter(step -> step.what().contains(part)).findFirst().orElseThrow();
        }
    }

    /** @throws AssertionError if GitHub would refuse it */
    public GitHubWorkflow(JsonNode tree) {
        this.tree = tree;
        Shape.object("workflow", tree, WORKFLOW, Set.of("on", "jobs"));
        tree.path("jobs").properties().forEach(entry -> {
            Shape.object(entry.getKey(), entry.getValue(), JOB, Set.of("runs-on", "steps"));
            Shape.variables(entry.getKey() + ".env", entry.getValue().path("env"));
            assertThat(entry.getValue().path("steps").isArray()).as("steps of " + entry.getKey()).isTrue();
            entry.getValue().path("steps").forEach(GitHubWorkflow::check);
        });
    }

    private static void check(JsonNode step) {
        Shape.object("step " + step, step, STEP, Set.of());
        assertThat(step.has("uses") ^ step.has("run")).as("either uses or run: " + step).isTrue();
        assertThat(step.path("run").asString("")).as("a shell takes no expressions of others into its script").doesNotContain("${{");
        Shape.variables("env of " + step, step.path("env"));
    }

    /**
     * Runs a job as GitHub does: each step by a shell of its own; after one that fails only those that always run.
     *
     * @param contexts what expressions find, as {@code secrets.KUBECONFIG}
     */
    public Result run(String job, Runner runner, Map<String, String> contexts) throws IOException, InterruptedException {
        JsonNode definition = tree.path("jobs").path(job);
        Map<String, String> known = new LinkedHashMap<>(contexts);
        known.put("github.workspace", runner.workspace().toString());
        Path path = Files.writeString(runner.workspace().resolveSibling("github-path"), "");
        Map<String, String> environment = runner.environment();
        environment.put("GITHUB_ACTIONS", "true");
        environment.put("GITHUB_PATH", path.toString());
        known.forEach((name, value) -> {
            if (name.startsWith("github.")) {
                environment.put(name.replace('.', '_').toUpperCase(java.util.Locale.ROOT), value);
            }
        });
        Shape.variables("env", definition.path("env")).forEach((name, value) -> environment.put(name, evaluated(value, known)));
        List<Step> steps = new ArrayList<>();
        List<Path> artifacts = new ArrayList<>();
        for (JsonNode step : definition.path("steps")) {
            boolean failed = steps.stream().anyMatch(done -> done.ended().code() != 0);
            boolean runs = !failed || step.path("if").asString("").equals("always()");
            String what = step.path("run").asString(step.path("uses").asString(""));
            Ended ended = !runs ? new Ended(0, "") : step.has("uses") ? use(step, runner, artifacts)
                    : runner.bash(shell(definition, step), what, environment(environment, step, known, path));
            steps.add(new Step(what, runs, ended));
        }
        return new Result(steps, artifacts);
    }

    private static Map<String, String> environment(Map<String, String> ofJob, JsonNode step, Map<String, String> known, Path path)
            throws IOException {
        Map<String, String> all = new LinkedHashMap<>(ofJob);
        Shape.variables("env", step.path("env")).forEach((name, value) -> all.put(name, evaluated(value, known)));
        for (String added : Files.readAllLines(path)) {
            all.merge("PATH", added, (before, first) -> first + ":" + before);
        }
        return all;
    }

    private static List<String> shell(JsonNode job, JsonNode step) {
        String shell = step.path("shell").asString(job.path("defaults").path("run").path("shell").asString(""));
        return switch (shell) {
            case "" -> List.of("-e");
            case "bash" -> List.of("--noprofile", "--norc", "-eo", "pipefail");
            default -> throw new AssertionError("no shell " + shell);
        };
    }

    private static Ended use(JsonNode step, Runner runner, List<Path> artifacts) throws IOException {
        JsonNode with = step.path("with");
        switch (step.path("uses").asString("").replaceFirst("@v\\d+$", "")) {
            case "actions/checkout" -> {
                if (with.has("path")) {
                    runner.checkOutMeshctl(with.path("path").asString(""));
                }
            }
            case "actions/setup-java" -> assertThat(with.path("java-version").asString(""))
                    .isEqualTo(String.valueOf(Runtime.version().feature()));
            case "actions/upload-artifact" -> artifacts.add(runner.workspace().resolve(with.path("path").asString("")));
            default -> throw new AssertionError("no action " + step);
        }
        return new Ended(0, "");
    }

    // Of the language of expressions: names, texts, and "or".
    private static String evaluated(String text, Map<String, String> known) {
        return EXPRESSION.matcher(text).replaceAll(found -> Matcher.quoteReplacement(
                List.of(found.group(1).split("\\|\\|")).stream().map(String::strip).map(operand -> value(operand, known))
                        .filter(value -> !value.isEmpty()).findFirst().orElse("")));
    }

    private static String value(String operand, Map<String, String> known) {
        if (operand.startsWith("'")) {
            return operand.substring(1, operand.length() - 1);
        }
        assertThat(operand).as("a context and a name").matches("(github|secrets|vars)\\.\\w+");
        assertThat(known.keySet().stream().map(name -> name.split("\\.")[0]).collect(Collectors.toSet())).contains(operand.split("\\.")[0]);
        return known.getOrDefault(operand, "");
    }
}
