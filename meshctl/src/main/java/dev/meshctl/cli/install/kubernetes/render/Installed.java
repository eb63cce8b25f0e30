package dev.meshctl.cli.install.kubernetes.render;

import dev.meshctl.cli.install.kubernetes.values.Values;

/** Names of what an installation puts into a cluster, for those who use it there. */
public final class Installed {
    /** Of the mesh's own objects. */
    public static final String NAMESPACE = Site.NAMESPACE;
    /**
     * The service account of whoever administers the mesh. It has no right in the cluster, and no pod runs as it: the
     * CLI asks the API server for a token of it, and the trust bridge gives the admin identity for that. So the
     * cluster's own right to create tokens of this account decides who administers the mesh, and its audit log says
     * who did.
     */
    public static final String ADMIN_ACCOUNT = "meshctl-admin";
    /** What the tokens for the trust bridge are for. */
    public static final String AUDIENCE = DaemonFiles.AUDIENCE;
    /** The ConfigMap with the bundle of the mesh. */
    public static final String BUNDLE_MAP = Site.BUNDLE_MAP;
    /** The key of the bundle, a SPIFFE document, in that ConfigMap. */
    public static final String BUNDLE_KEY = DaemonFiles.BUNDLE_FILE;
    /** On everything that is installed, with value {@link #PRODUCT}. */
    public static final String PART_OF_LABEL = Labels.PART_OF;
    /** See {@link #PART_OF_LABEL}. */
    public static final String PRODUCT = Labels.PRODUCT;
    /** Which component an object belongs to. */
    public static final String NAME_LABEL = Labels.NAME;
    /** The version of meshctl that installed an object. */
    public static final String VERSION_LABEL = "app.kubernetes.io/version";
    /** The revision that a control plane is of. */
    public static final String REVISION_LABEL = Labels.REVISION;
    /** Where the trust bridge signs. */
    public static final int SIGNING_PORT = Part.TRUST_BRIDGE.port("signing").number();
    /** Where the control plane serves. */
    public static final int API_PORT = Part.CONTROL_PLANE.port("api").number();

    private Installed() {}

    /** The file by which the control plane of such an installation injects pods. */
    public static String injectionFile(Target target, Values values) {
        return new DaemonFiles(new Site(target, values)).of(Part.CONTROL_PLANE).getOrDefault("injection.json", "");
    }
}
