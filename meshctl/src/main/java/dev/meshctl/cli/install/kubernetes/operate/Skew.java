package dev.meshctl.cli.install.kubernetes.operate;

import dev.meshctl.api.version.SemanticVersion;
import dev.meshctl.cli.install.kubernetes.precheck.Finding;
import dev.meshctl.cli.link.LinkSkew;
import dev.meshctl.cli.verify.Result;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Which versions go together. This meshctl installs control planes of its own minor version and of the one before. A
 * control plane moves by one minor version at a time, up or down: it reads what the version before it stored, and not
 * more. Proxies may be up to two minor versions older than their control plane, and never newer. For linked meshes see
 * {@link LinkSkew}.
 */
final class Skew {
    private static final int CLI_OVER_CONTROL_PLANE = 1;
    private static final int STEP = 1;
    private static final int CONTROL_PLANE_OVER_PROXY = 2;
    private static final String CHECK = "versions";
    private static final String LINKS = "versions of links";

    private Skew() {}

    /**
     * Checks a move.
     *
     * @param cli of this meshctl
     * @param from of the control plane now; empty: there is none
     * @param proxies how many of each version there are
     */
    static List<Finding> check(String cli, String from, String to, Map<String, Long> proxies) {
        Optional<SemanticVersion> target = SemanticVersion.parse(to);
        if (target.isEmpty()) {
            return List.of(unknown("\"" + to + "\" is not a version that can be compared"));
        }
        List<Finding> findings = new ArrayList<>();
        SemanticVersion.parse(cli).ifPresentOrElse(own -> cli(own, target.get(), findings),
                () -> findings.add(unknown("this meshctl does not know its own version (\"" + cli + "\")")));
        if (!from.isEmpty()) {
            SemanticVersion.parse(from).ifPresentOrElse(now -> move(now, target.get(), findings),
                    () -> findings.add(unknown("the control plane has version \"" + from + "\", which cannot be compared")));
        }
        proxies.forEach((version, count) -> SemanticVersion.parse(version)
                .ifPresent(proxy -> proxy(proxy, count, target.get(), findings)));
        if (findings.isEmpty()) {
            findings.add(new Finding(CHECK, Result.PASS, from.isEmpty() || from.equals(to) ? to : from + " to " + to, ""));
        }
        return findings;
    }

    private static void cli(SemanticVersion own, SemanticVersion target, List<Finding> findings) {
        int older = own.ahead(target);
        if (older < 0) {
            findings.add(fail("this meshctl is %s and does not know what %s needs".formatted(own, target),
                    "use meshctl " + target));
        } else if (older > CLI_OVER_CONTROL_PLANE) {
            findings.add(fail("this meshctl is %s and installs %s and %s; %s is too old for it".formatted(
                    own, own, own.previous(), target), "use meshctl " + target));
        }
    }

    private static void move(SemanticVersion now, SemanticVersion target, List<Finding> findings) {
        int up = target.ahead(now);
        if (up > STEP) {
            findings.add(fail("the control plane is %s; an upgrade to %s would leave a minor version out, and it reads only what"
                    .formatted(now, target) + " the one before it stored", "first: meshctl upgrade --to " + now.next() + ".0"));
        } else if (up < -STEP) {
            findings.add(fail("the control plane is %s; %s is more than one minor version older, and does not know the objects"
                    .formatted(now, target) + " and the stored state of " + now, "first: meshctl upgrade --to " + now.previous() + ".0"));
        }
    }

    private static void proxy(SemanticVersion proxy, long count, SemanticVersion target, List<Finding> findings) {
        int older = target.ahead(proxy);
        if (older < 0) {
            findings.add(fail("%d proxies are %s, newer than a control plane of %s would be".formatted(count, proxy, target),
                    "restart their workloads once pods are injected with " + target + ", or keep the control plane at " + proxy));
        } else if (older > CONTROL_PLANE_OVER_PROXY) {
            findings.add(fail("%d proxies are %s, more than %d minor versions older than %s".formatted(
                    count, proxy, CONTROL_PLANE_OVER_PROXY, target), "restart their workloads first, so that they get the proxy of now"));
        }
    }

    /**
     * Checks a move against the meshes that are linked. It is refused if it leads farther away from one of them than
     * {@link LinkSkew} allows; a step towards it is not, since there may be no other way to come together again.
     *
     * @param cluster that is moved
     * @return nothing if nothing is linked
     */
    static List<Finding> links(String cluster, String from, String to, List<LinkedMesh> meshes) {
        Optional<SemanticVersion> target = SemanticVersion.parse(to);
        if (target.isEmpty() || meshes.isEmpty()) {
            return List.of(); // said by check()
        }
        List<Finding> findings = new ArrayList<>();
        for (LinkedMesh mesh : meshes) {
            Optional<SemanticVersion> version = SemanticVersion.parse(mesh.version());
            if (!mesh.there() || version.isEmpty()) {
                findings.add(notKnown(cluster, to, mesh));
            } else if (!LinkSkew.allows(target.get(), version.get())) {
                findings.add(apart(cluster, SemanticVersion.parse(from), target.get(), mesh, version.get()));
            }
        }
        return findings.isEmpty() ? List.of(new Finding(LINKS, Result.PASS, "linked meshes: " + String.join(", ",
                meshes.stream().map(mesh -> mesh.cluster() + " " + mesh.version()).toList()), "")) : findings;
    }

    // A warning only: a mesh that is away, perhaps for good, must not keep the others where they are.
    private static Finding notKnown(String cluster, String to, LinkedMesh mesh) {
        String why = mesh.there() ? mesh.cluster() + " does not say which version it is of"
                : mesh.cluster() + " is not there" + (mesh.version().isEmpty() ? "" : ", and was " + mesh.version() + " when it was heard last");
        return new Finding(LINKS, Result.WARN, ("%s: whether %s goes with it is not known. Nothing is refused for that, since a mesh"
                + " that is away must not keep others where they are").formatted(why, to),
                (mesh.there() ? "look there: meshctl status --cluster " + mesh.cluster()
                        : "once it is back: meshctl verify --cluster " + cluster));
    }

    private static Finding apart(String cluster, Optional<SemanticVersion> from, SemanticVersion target, LinkedMesh mesh,
            SemanticVersion version) {
        boolean older = target.ahead(version) > 0;
        String text = "the link to %s: it is %s, %s, and linked meshes may be %d apart".formatted(mesh.cluster(), mesh.version(),
                distance(target, version, older), LinkSkew.MINORS);
        if (from.isPresent() && LinkSkew.apart(target, version) < LinkSkew.apart(from.get(), version)) {
            return new Finding(LINKS, Result.WARN, text + "; it is a step towards it, so it is not refused", "");
        }
        return new Finding(LINKS, Result.FAIL, text, (older
                ? "first: meshctl upgrade --cluster %s --to %s.0".formatted(mesh.cluster(), version.next())
                : "stay at %s".formatted(from.map(SemanticVersion::toString).orElse("the version of now")))
                + ", or end the link: meshctl link remove %s --cluster %s".formatted(mesh.cluster(), cluster));
    }

    private static String distance(SemanticVersion target, SemanticVersion version, boolean older) {
        return target.major() != version.major() ? "another major version than " + target
                : "%d minor versions %s than %s".formatted(LinkSkew.apart(target, version), older ? "older" : "newer", target);
    }

    private static Finding fail(String text, String next) {
        return new Finding(CHECK, Result.FAIL, text, next);
    }

    private static Finding unknown(String text) {
        return new Finding(CHECK, Result.UNKNOWN, text, "");
    }
}
