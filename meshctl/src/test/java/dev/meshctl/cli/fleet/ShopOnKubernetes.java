package dev.meshctl.cli.fleet;

import dev.meshctl.cli.testing.cluster.RunningCluster;
import dev.meshctl.testing.Eventually;
import java.time.Duration;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** What the users of a cluster have in it: a namespace of the mesh, and applications that know nothing of the mesh. */
final class ShopOnKubernetes {
    private static final Duration START = Duration.ofMinutes(4);
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final RunningCluster cluster;

    ShopOnKubernetes(RunningCluster cluster) {
        this.cluster = cluster;
    }

    void namespace() {
        create("namespaces", "{'apiVersion':'v1','kind':'Namespace','metadata':{'name':'shop','labels':{'meshctl.dev/inject':'enabled'}}}");
    }

    void service(String name) {
        account(name);
        create("services", ("{'apiVersion':'v1','kind':'Service','metadata':{'name':'%1$s','namespace':'shop'},'spec':{"
                + "'selector':{'app':'%1$s'},'ports':[{'name':'http','port':80,'targetPort':'http'}]}}").formatted(name));
    }

    /** For who is no service. */
    void account(String name) {
        create("serviceaccounts", "{'apiVersion':'v1','kind':'ServiceAccount','metadata':{'name':'%s','namespace':'shop'}}".formatted(name));
    }

    void deployment(String service, String version) {
        deployment(service, version, 1);
    }

    /** @param arguments more of the application */
    void deployment(String service, String version, int replicas, String... arguments) {
        create("deployments", """
                {'apiVersion':'apps/v1','kind':'Deployment','metadata':{'name':'%1$s-%2$s','namespace':'shop'},
                 'spec':{'replicas':%3$d,'selector':{'matchLabels':{'app':'%1$s','version':'%2$s'}},
                  'template':{'metadata':{'labels':{'app':'%1$s','version':'%2$s'}},
                   'spec':{'serviceAccountName':'%1$s','terminationGracePeriodSeconds':5,'containers':[{'name':'app',
                    'image':'sample','command':['/opt/jre/bin/java','-XX:+UseSerialGC','-XX:TieredStopAtLevel=1','-Xmx64m',
                     '-cp','/opt/jars/*','dev.meshctl.sample.SampleService'],
                    'args':['--name','%1$s','--version','%2$s','--address','0.0.0.0','--port','8080'%4$s],
                    'ports':[{'name':'http','containerPort':8080}],
                    'readinessProbe':{'httpGet':{'path':'/healthz','port':'http'}}}]}}}}
                """.formatted(service, version, replicas,
                Stream.of(arguments).map(argument -> ",'" + argument + "'").collect(Collectors.joining())));
    }

    /** Waits until pods of all these Deployments are ready. */
    void ready(String... deployments) throws InterruptedException {
        try {
            for (String deployment : deployments) {
                Eventually.holds(deployment + " is ready", START, () -> cluster.hasReadyPod("shop", deployment));
            }
        } catch (AssertionError e) {
            throw new AssertionError(cluster.list("pods", "shop") + cluster.logs() + cluster.failedAdmissions(), e);
        }
    }

    /** What a pod of a Deployment gets, with the headers. */
    String call(String from, String url) {
        return cluster.exec("shop", from, "app", "curl", "-sS", "-i", "--max-time", "30", url);
    }

    /** Created as a user would. */
    void create(String plural, String json) {
        cluster.create((ObjectNode) JSON.readTree(json.replace('\'', '"')), plural);
    }
}
