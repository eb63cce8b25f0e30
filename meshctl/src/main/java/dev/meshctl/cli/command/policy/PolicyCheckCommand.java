package dev.meshctl.cli.command.policy;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.proto.admin.CheckAccessRequest;
import dev.meshctl.api.proto.admin.CheckAccessResponse;
import dev.meshctl.cli.CliError;
import dev.meshctl.cli.Context;
import dev.meshctl.cli.ExitCode;
import dev.meshctl.cli.command.ClusterOptions;
import dev.meshctl.cli.command.MeshCommand;
import dev.meshctl.cli.command.NamespaceOption;
import dev.meshctl.cli.connect.ControlPlane;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.output.Style;
import dev.meshctl.cli.policy.Callers;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code policy check}: would this call be allowed? */
@Command(name = "check", description = {
    "Say whether a call would be allowed, and which policy decides.", "Exits 0 when allowed, 1 when not."
})
final class PolicyCheckCommand extends MeshCommand {
    @Option(names = "--from", required = true, paramLabel = "CALLER", description = "NAME.NAMESPACE or a SPIFFE ID")
    String from;

    @Option(names = "--from-cluster", paramLabel = "NAME", defaultValue = "",
            description = "where the caller runs (default: the cluster asked)")
    String fromCluster;

    @Option(names = "--to", required = true, paramLabel = "SERVICE", description = "NAME.NAMESPACE")
    String to;

    @Option(names = "--method", paramLabel = "METHOD", defaultValue = "GET", description = "default: GET")
    String method;

    @Option(names = "--path", paramLabel = "PATH", defaultValue = "/", description = "default: /")
    String path;

    @Option(names = "--port", paramLabel = "PORT", defaultValue = "80", description = "of the service (default: 80)")
    int port;

    @Mixin
    ClusterOptions clusters = new ClusterOptions();

    @Mixin
    NamespaceOption namespace = new NamespaceOption();

    PolicyCheckCommand(Context context) {
        super(context);
    }

    @Override
    protected int run() {
        Cluster cluster = clusters.one(context());
        ServiceName target = namespace.service(to);
        SpiffeId caller = caller(fromCluster.isEmpty() ? cluster : context().fleet().require(fromCluster));
        ControlPlane plane = new ControlPlane(context().connections(), cluster);
        plane.service(target);
        CheckAccessResponse answer = plane.call("cannot check", admin -> admin.checkAccess(CheckAccessRequest.newBuilder()
                .setSourceIdentity(caller.toString()).setService(target.name()).setNamespace(target.namespace())
                .setMethod(method.toUpperCase(Locale.ROOT)).setPath(path).setPort(port).build()));
        print(caller, target, answer);
        return answer.getAllowed() ? ExitCode.OK : ExitCode.FAILED;
    }

    private SpiffeId caller(Cluster of) {
        if (!from.startsWith("spiffe://")) {
            return Callers.ofServiceAccount(namespace.service(from).toString(), of.trustDomain());
        }
        try {
            return SpiffeId.parse(from);
        } catch (IllegalArgumentException e) {
            throw CliError.usage(String.valueOf(e.getMessage()));
        }
    }

    /** What decided; where the reason names the policy by itself, the reason alone. */
    private static String ground(CheckAccessResponse answer) {
        if (!answer.getPolicy().isEmpty() && answer.getReason().contains(answer.getPolicy())) {
            return answer.getReason();
        }
        return "by " + (answer.getPolicy().isEmpty() ? "default" : "policy " + answer.getPolicy())
                + (answer.getReason().isEmpty() ? "" : ": " + answer.getReason());
    }

    private void print(SpiffeId caller, ServiceName target, CheckAccessResponse answer) {
        if (console().format().isStructured()) {
            Map<String, Object> data = new LinkedHashMap<>();
            data.put("allowed", answer.getAllowed());
            data.put("caller", caller.toString());
            data.put("service", target.toString());
            data.put("policy", answer.getPolicy());
            data.put("reason", answer.getReason());
            console().data(data);
            return;
        }
        String verdict = answer.getAllowed() ? console().paint(Style.GOOD, "allowed") : console().paint(Style.BAD, "denied");
        console().out(verdict + ": " + caller + " -> " + target + " " + method.toUpperCase(Locale.ROOT) + " " + path);
        console().out("  " + ground(answer));
    }
}
