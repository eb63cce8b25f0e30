package dev.meshctl.component;

import dev.meshctl.control.ControlPlaneDaemon;
import dev.meshctl.gateway.daemon.FederationGatewayDaemon;
import dev.meshctl.proxy.daemon.MeshProxyDaemon;
import dev.meshctl.proxy.redirect.Redirect;
import dev.meshctl.trust.TrustBridgeDaemon;
import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The processes of the mesh, each by its name, as in {@code trust-bridge --config FILE}. What follows the name is the
 * component's own; its process ends as {@link dev.meshctl.runtime.daemon.Daemon#run} says. An unknown name ends the
 * process with status 2.
 */
public enum Component {
    TRUST_BRIDGE("trust-bridge", TrustBridgeDaemon.class, TrustBridgeDaemon::main),
    CONTROL_PLANE("control-plane", ControlPlaneDaemon.class, ControlPlaneDaemon::main),
    FEDERATION_GATEWAY("federation-gateway", FederationGatewayDaemon.class, FederationGatewayDaemon::main),
    MESH_PROXY("mesh-proxy", MeshProxyDaemon.class, MeshProxyDaemon::main),
    /** No daemon: sets up the interception of a pod's traffic, and ends. */
    REDIRECT("redirect", Redirect.class, Redirect::main);

    private static final int USAGE = 2;

    /** Runs until the process is told to end. */
    @FunctionalInterface
    private interface Main {
        void run(String[] args);
    }

    private final String word;
    private final Class<?> mainClass;
    private final Main main;

    Component(String word, Class<?> mainClass, Main main) {
        this.word = word;
        this.mainClass = mainClass;
        this.main = main;
    }

    /** Its name, as in the arguments of a container. */
    public String word() {
        return word;
    }

    /** The class that runs it in a process of its own. */
    public String mainClass() {
        return mainClass.getName();
    }

    /** Runs the component that the first argument names, with the other arguments. */
    public static void main(String[] args) {
        for (Component component : values()) {
            if (args.length > 0 && component.word.equals(args[0])) {
                component.main.run(Arrays.copyOfRange(args, 1, args.length));
                return;
            }
        }
        String names = Stream.of(values()).map(Component::word).collect(Collectors.joining(", "));
        System.err.println((args.length == 0 ? "no component is named" : "there is no component \"" + args[0] + "\"")
                + "; usage: COMPONENT ARGUMENTS, where COMPONENT is one of " + names);
        System.exit(USAGE);
    }
}
