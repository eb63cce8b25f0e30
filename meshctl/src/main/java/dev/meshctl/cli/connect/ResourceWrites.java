package dev.meshctl.cli.connect;

import dev.meshctl.cli.CliError;
import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/** Changes resources where a cluster on Kubernetes keeps them, with what the caller is allowed to there. */
public interface ResourceWrites {
    /**
     * Tries to create or change resources without effect.
     *
     * @throws CliError what was refused of which of them, a line for each field that is named
     */
    void check(List<ObjectNode> resources);

    /**
     * Creates or changes resources. All are tried without effect first, so that what the API server would refuse for one
     * leaves all of them as they are.
     *
     * @throws CliError what was refused, by which rule; and which were changed, if it broke in the middle
     */
    void apply(List<ObjectNode> resources);

    /**
     * Deletes a resource.
     *
     * @return false if it was not there
     */
    boolean delete(String kind, String namespace, String name);
}
