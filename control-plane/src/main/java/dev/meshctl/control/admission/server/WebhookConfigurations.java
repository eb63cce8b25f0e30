package dev.meshctl.control.admission.server;

import dev.meshctl.kubernetes.failure.ApiFault;
import dev.meshctl.runtime.daemon.Counters;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.WebhookClientConfig;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.util.List;
import java.util.function.Function;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;

/** Writes into the webhook configurations which CA the API server is to trust; only what differs. */
final class WebhookConfigurations {
    private static final System.Logger LOG = System.getLogger(WebhookConfigurations.class.getName());
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final String INJECTOR = "meshctl-injector";
    private static final String PROMOTED_INJECTOR = "meshctl-injector-promoted";
    private static final String VALIDATOR = "meshctl-validator";

    private final KubernetesClient client;
    private final List<String> mutating;
    private final List<String> validating;
    private final Counters counters;

    /** @param promoted the revision that those who name none belong to has the shared configurations too */
    WebhookConfigurations(KubernetesClient client, String revision, boolean promoted, Counters counters) {
        this.client = client;
        String own = revision.isEmpty() || revision.equals("default") ? INJECTOR : INJECTOR + "-" + revision;
        this.mutating = promoted ? List.of(own, PROMOTED_INJECTOR) : List.of(own);
        this.validating = promoted ? List.of(VALIDATOR) : List.of();
        this.counters = counters;
    }

    /**
     * Writes the bundle where it is not yet.
     *
     * @param bundle base64 of PEM
     * @return whether every configuration has it now; an installation creates them after the control plane is ready
     */
    boolean trust(String bundle) {
        boolean everywhere = true;
        for (String name : mutating) {
            everywhere &= trust(name, client.admissionRegistration().v1().mutatingWebhookConfigurations().withName(name), bundle,
                    (MutatingWebhookConfiguration c) -> c.getWebhooks().stream().map(w -> w.getClientConfig()).toList());
        }
        for (String name : validating) {
            everywhere &= trust(name, client.admissionRegistration().v1().validatingWebhookConfigurations().withName(name), bundle,
                    (ValidatingWebhookConfiguration c) -> c.getWebhooks().stream().map(w -> w.getClientConfig()).toList());
        }
        return everywhere;
    }

    private <C extends HasMetadata> boolean trust(
            String name, Resource<C> at, String bundle, Function<C, List<WebhookClientConfig>> webhooks) {
        try {
            C configuration = at.get();
            if (configuration == null) {
                counters.increment("webhook_configuration_missing");
                return false;
            }
            ArrayNode patch = patch(configuration, webhooks.apply(configuration), bundle);
            if (!patch.isEmpty()) {
                at.patch(PatchContext.of(PatchType.JSON), patch.toString());
                counters.increment("webhook_bundle_written");
                LOG.log(System.Logger.Level.INFO, "{0} trusts the CA of the webhooks", name);
            }
            return true;
        } catch (KubernetesClientException e) {
            counters.increment("webhook_bundle_" + ApiFault.of(e).label());
            LOG.log(System.Logger.Level.WARNING, "{0} does not yet trust the CA of the webhooks: {1}", name, e.getMessage());
            return false;
        }
    }

    /** For the version that was read, since webhooks are told apart by their place in the list. */
    private static ArrayNode patch(HasMetadata configuration, List<WebhookClientConfig> webhooks, String bundle) {
        ArrayNode patch = JSON.createArrayNode();
        for (int i = 0; i < webhooks.size(); i++) {
            if (!bundle.equals(webhooks.get(i).getCaBundle())) {
                if (patch.isEmpty()) {
                    patch.addObject().put("op", "test").put("path", "/metadata/resourceVersion")
                            .put("value", configuration.getMetadata().getResourceVersion());
                }
                patch.addObject().put("op", "add").put("path", "/webhooks/" + i + "/clientConfig/caBundle").put("value", bundle);
            }
        }
        return patch;
    }
}
