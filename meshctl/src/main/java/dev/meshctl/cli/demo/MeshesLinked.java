package dev.meshctl.cli.demo;

import dev.meshctl.api.proto.admin.AcceptLinkRequest;
import dev.meshctl.api.proto.admin.AcceptLinkResponse;
import dev.meshctl.api.proto.admin.CreateLinkTokenResponse;
import dev.meshctl.api.proto.admin.LinkView;
import dev.meshctl.api.proto.admin.ServiceSource;
import dev.meshctl.api.proto.admin.ServiceView;
import dev.meshctl.cli.CliError;
import dev.meshctl.cli.connect.ControlPlane;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.link.Linker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Links the two meshes by a one-time token, which does not work twice. */
final class MeshesLinked implements DemoStep {
    @Override
    public String name() {
        return "link";
    }

    @Override
    public String title() {
        return "the meshes are linked by a one-time token";
    }

    @Override
    public List<String> run(DemoWorld world) throws DemoFailure, InterruptedException {
        ControlPlane east = world.control(world.east());
        ControlPlane west = world.control(world.west());
        world.apply(world.east(), List.of(Resources.export("payments"), Resources.export("catalog")));
        world.apply(world.west(), List.of(Resources.export("catalog")));
        CreateLinkTokenResponse token =
                new Linker(world.context().connections()).create(world.east(), Duration.ofMinutes(2), "west");
        AcceptLinkResponse accepted = west.call("cannot accept the token",
                admin -> admin.acceptLink(AcceptLinkRequest.newBuilder().setToken(token.getToken()).build()));
        List<String> evidence = new ArrayList<>();
        evidence.add("token of %d characters from east, accepted by west: peer %s at %s".formatted(
                token.getToken().length(), accepted.getTrustDomain(), String.join(", ", accepted.getAddressesList())));
        for (Cluster cluster : List.of(world.west(), world.east())) {
            LinkView link = Await.until("the link is Active in " + cluster.name(), DemoWorld.SOON,
                    () -> active(world.control(cluster)));
            evidence.add(String.format(Locale.ROOT, "%s: %s %s, trusts %s", cluster.name(), link.getPeer(),
                    link.getPhase(), link.getTrustDomain()));
        }
        Await.that("payments of east is imported in west", DemoWorld.SOON, () -> imported(west, "payments"));
        Await.that("catalog of west is imported in east", DemoWorld.SOON, () -> imported(east, "catalog"));
        evidence.add("west imports payments and catalog, east imports catalog");
        usedUp(world, token.getToken(), evidence);
        return evidence;
    }

    private static Optional<LinkView> active(ControlPlane control) {
        return control.links().stream().filter(link -> link.getPhase().equalsIgnoreCase("Active")).findFirst();
    }

    private static boolean imported(ControlPlane control, String service) {
        for (ServiceView view : control.services(Resources.NAMESPACE)) {
            if (view.getName().equals(service)
                    && view.getSourcesList().stream().anyMatch(MeshesLinked::servesFromAfar)) {
                return true;
            }
        }
        return false;
    }

    private static boolean servesFromAfar(ServiceSource source) {
        return !source.getLocal() && source.getVersionsList().stream().anyMatch(version -> version.getReady() > 0);
    }

    private static void usedUp(DemoWorld world, String token, List<String> evidence) throws DemoFailure {
        try {
            world.control(world.west()).call("cannot accept the token again",
                    admin -> admin.acceptLink(AcceptLinkRequest.newBuilder().setToken(token).build()));
        } catch (CliError e) {
            evidence.add("the same token again: refused (" + e.why() + ")");
            return;
        }
        throw new DemoFailure("the token was accepted a second time");
    }
}
