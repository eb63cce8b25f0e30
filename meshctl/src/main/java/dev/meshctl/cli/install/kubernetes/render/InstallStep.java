package dev.meshctl.cli.install.kubernetes.render;

/** The steps of an installation, in their order: what a step needs is there, and ready, after the steps before it. */
public enum InstallStep {
    /** Definitions that are applied with the mesh and do not belong to it. */
    KINDS_OF_OTHERS("custom resources of others"),
    CUSTOM_RESOURCES("custom resources"),
    NAMESPACE("namespace"),
    SERVICE_ACCOUNTS("service accounts"),
    ACCESS("access"),
    CONFIGURATION("configuration"),
    TRUST_BRIDGE("trust bridge"),
    CONTROL_PLANE("control plane"),
    GATEWAY("gateway"),
    DISRUPTION_BUDGETS("disruption budgets"),
    NETWORK_POLICIES("network policies"),
    WEBHOOKS("webhooks");

    private final String title;

    InstallStep(String title) {
        this.title = title;
    }

    /** For people. */
    public String title() {
        return title;
    }
}
