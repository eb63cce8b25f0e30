package dev.meshctl.cli.install.kubernetes.precheck;

import dev.meshctl.cli.install.kubernetes.api.ServerFacts;
import dev.meshctl.cli.verify.Result;
import java.util.List;

/** Native sidecars are on by default from 1.29. */
final class ServerVersion implements Precheck {
    private static final int MAJOR = 1;
    private static final int OLDEST_MINOR = 29;

    @Override
    public String name() {
        return "version";
    }

    @Override
    public List<Finding> of(Situation situation) {
        ServerFacts server = situation.server();
        if (server.major() < 0) {
            return List.of(new Finding(name(), Result.UNKNOWN, "the API server does not say its version", "kubectl version"));
        }
        boolean recent = server.major() > MAJOR || (server.major() == MAJOR && server.minor() >= OLDEST_MINOR);
        return List.of(recent ? Finding.pass(name(), "Kubernetes " + server.version())
                : Finding.fail(name(), "Kubernetes %s is older than 1.%d, the first with sidecar containers"
                        .formatted(server.version(), OLDEST_MINOR), "upgrade the cluster"));
    }
}
