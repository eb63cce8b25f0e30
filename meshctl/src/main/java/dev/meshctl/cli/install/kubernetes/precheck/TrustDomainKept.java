package dev.meshctl.cli.install.kubernetes.precheck;

import dev.meshctl.cli.install.kubernetes.render.RenderedObject;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The trust domain is in every identity, and in the bundles of all linked meshes: it stays what it was at first. */
final class TrustDomainKept implements Precheck {
    @Override
    public String name() {
        return "trust domain";
    }

    @Override
    public List<Finding> of(Situation situation) {
        Optional<RenderedObject> wanted = situation.wanted().objects().stream()
                .filter(object -> object.key().kind().equals("Mesh")).findFirst();
        if (wanted.isEmpty()) {
            return List.of();
        }
        String domain = domain(wanted.get().tree());
        String live = situation.api().get(wanted.get().key()).map(TrustDomainKept::domain).orElse("");
        return List.of(live.isEmpty() || live.equals(domain) ? Finding.pass(name(), domain)
                : Finding.fail(name(), "this mesh is %s, and would become %s; a trust domain cannot be changed"
                        .formatted(live, domain),
                "keep it: --set trustDomain=" + live + "; or begin anew: meshctl uninstall --purge"));
    }

    private static String domain(ObjectNode mesh) {
        JsonNode domain = mesh.path("spec").path("trustDomain");
        return domain.asString("");
    }
}
