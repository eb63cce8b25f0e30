package dev.meshctl.cli.testing.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/** What GitHub and GitLab would say of the documented pipelines before they run anything. */
class PipelineExamplesTest {
    private static final Path DOCUMENT = Path.of("../docs/ci.md");

    @Test
    void they_would_be_taken() throws IOException {
        new GitHubWorkflow(DocumentedYaml.under(DOCUMENT, "GitHub Actions"));

        assertThat(new GitLabPipeline(DocumentedYaml.under(DOCUMENT, "GitLab CI")).jobs()).containsExactly("mesh", "shift");
    }

    @Test
    void a_key_that_github_does_not_know_is_told() {
        JsonNode step = yaml("{on: push, jobs: {a: {runs-on: x, steps: [{run: 'true', scripts: 'true'}]}}}");

        assertThatThrownBy(() -> new GitHubWorkflow(step)).hasMessageContaining("scripts");
    }

    @Test
    void a_step_of_github_either_runs_or_uses() {
        JsonNode both = yaml("{on: push, jobs: {a: {runs-on: x, steps: [{run: 'true', uses: y}]}}}");

        assertThatThrownBy(() -> new GitHubWorkflow(both)).hasMessageContaining("either uses or run");
    }

    @Test
    void a_job_of_gitlab_needs_a_stage_that_there_is() {
        JsonNode other = yaml("{stages: [one], a: {stage: one, script: ['true']}, b: {stage: two, script: ['true']}}");

        assertThatThrownBy(() -> new GitLabPipeline(other)).hasMessageContaining("two");
    }

    private static JsonNode yaml(String text) {
        return YAMLMapper.shared().readTree(text);
    }
}
