package dev.meshctl.cli.command.trust;

import dev.meshctl.api.proto.trust.Authority;
import dev.meshctl.api.proto.trust.BundleStatus;
import dev.meshctl.api.proto.trust.TrustStatus;
import dev.meshctl.api.proto.trust.TrustStatusRequest;
import dev.meshctl.cli.Context;
import dev.meshctl.cli.command.ClusterOptions;
import dev.meshctl.cli.command.MeshCommand;
import dev.meshctl.cli.command.PerCluster;
import dev.meshctl.cli.connect.RpcFailure;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.output.Style;
import dev.meshctl.cli.output.Table;
import dev.meshctl.cli.output.Times;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code trust status}: authorities and bundles with the time that is left. */
@Command(name = "status", description = "Show authorities, bundles and SVIDs of a mesh.")
final class TrustStatusCommand extends MeshCommand {
    private static final Duration SOON = Duration.ofDays(30);

    private record Row(String cluster, String what, String name, String digest, long notAfter, String detail) {
        Duration left() {
            return Duration.between(Instant.now(), Instant.ofEpochSecond(notAfter));
        }
    }

    private record Seen(Cluster cluster, TrustStatus status) {}

    @Mixin
    ClusterOptions clusters = new ClusterOptions();

    TrustStatusCommand(Context context) {
        super(context);
    }

    @Override
    protected int run() {
        List<Row> rows = new ArrayList<>();
        List<Map<String, Object>> data = new ArrayList<>();
        List<String> notes = new ArrayList<>();
        PerCluster<Seen> seen = PerCluster.ask(clusters.several(context()), cluster -> List.of(new Seen(cluster, ask(cluster))));
        for (Seen each : seen.rows()) {
            Cluster cluster = each.cluster();
            TrustStatus status = each.status();
            status.getAuthoritiesList().forEach(a -> rows.add(new Row(cluster.name(), a.getKind() + " authority",
                    a.getSubject(), a.getFingerprintSha256(), a.getNotAfterEpochSeconds(), "")));
            status.getBundlesList().forEach(b -> rows.add(new Row(cluster.name(), "bundle", b.getTrustDomain(),
                    b.getDigestSha256(), b.getEarliestNotAfterEpochSeconds(), "sequence " + b.getSequence())));
            data.add(data(cluster, status));
            notes.add(cluster.name() + ": " + status.getSvidsIssued() + " SVIDs issued, each for "
                    + Times.brief(Duration.ofSeconds(status.getSvidTtlSeconds())) + ", refusals: "
                    + (status.getRefusalsCount() == 0 ? "none" : status.getRefusalsMap()));
        }
        if (console().format().isStructured()) {
            console().data(data);
            return seen.end(console());
        }
        console().print(table(), rows, "no authorities");
        notes.forEach(console()::note);
        return seen.end(console());
    }

    private TrustStatus ask(Cluster cluster) {
        try {
            return context().connections().trust(cluster).status(TrustStatusRequest.getDefaultInstance());
        } catch (StatusRuntimeException e) {
            throw RpcFailure.of(e, "cannot ask for the state of trust", "trust bridge", cluster);
        }
    }

    private static Table<Row> table() {
        return Table.<Row>of(Row::name, row -> Map.of())
                .column("CLUSTER", Row::cluster)
                .column("WHAT", Row::what)
                .column("NAME", Row::name)
                .column("SHA-256", row -> row.digest().length() > 16 ? row.digest().substring(0, 16) : row.digest())
                .column("LEFT", row -> Times.brief(row.left()),
                        row -> row.left().compareTo(SOON) < 0 ? Style.WARN : Style.GOOD)
                .column("DETAIL", Row::detail)
                .wide("DIGEST", Row::digest)
                .wide("UNTIL", row -> Instant.ofEpochSecond(row.notAfter()).toString());
    }

    private static Map<String, Object> data(Cluster cluster, TrustStatus status) {
        Map<String, Object> data = new LinkedHashMap<>();
        data.put("cluster", cluster.name());
        data.put("trustDomain", status.getTrustDomain());
        data.put("authorities", status.getAuthoritiesList().stream().map(TrustStatusCommand::authority).toList());
        data.put("bundles", status.getBundlesList().stream().map(TrustStatusCommand::bundle).toList());
        data.put("svidsIssued", status.getSvidsIssued());
        data.put("svidTtlSeconds", status.getSvidTtlSeconds());
        data.put("refusals", status.getRefusalsMap());
        return data;
    }

    private static Map<String, Object> authority(Authority authority) {
        Map<String, Object> data = new LinkedHashMap<>();
        data.put("kind", authority.getKind());
        data.put("subject", authority.getSubject());
        data.put("notBefore", Instant.ofEpochSecond(authority.getNotBeforeEpochSeconds()).toString());
        data.put("notAfter", Instant.ofEpochSecond(authority.getNotAfterEpochSeconds()).toString());
        data.put("fingerprintSha256", authority.getFingerprintSha256());
        return data;
    }

    private static Map<String, Object> bundle(BundleStatus bundle) {
        Map<String, Object> data = new LinkedHashMap<>();
        data.put("trustDomain", bundle.getTrustDomain());
        data.put("sequence", bundle.getSequence());
        data.put("authorities", bundle.getAuthorities());
        data.put("notAfter", Instant.ofEpochSecond(bundle.getEarliestNotAfterEpochSeconds()).toString());
        data.put("digestSha256", bundle.getDigestSha256());
        return data;
    }
}
