package dev.meshctl.cli.verify;

/**
 * Every check there is. Ids are stable: a number is never given to another check.
 */
public enum Check {
    MV0101(Category.CONTROL_PLANE, Severity.CRITICAL, "every daemon runs and is ready"),
    MV0102(Category.CONTROL_PLANE, Severity.CRITICAL, "the control plane answers"),
    MV0103(Category.CONTROL_PLANE, Severity.CRITICAL, "the trust bridge answers"),
    MV0104(Category.CONTROL_PLANE, Severity.ERROR, "the control plane hears the trust bridge"),

    MV0201(Category.TRUST, Severity.CRITICAL, "the certificate authority has days left"),
    MV0202(Category.TRUST, Severity.CRITICAL, "control plane and trust bridge hold the same bundles"),
    MV0203(Category.TRUST, Severity.CRITICAL, "a peer holds the same bundle of this trust domain"),
    MV0204(Category.TRUST, Severity.ERROR, "every workload has a valid SVID"),

    MV0301(Category.PROXIES, Severity.CRITICAL, "a proxy is connected"),
    MV0302(Category.PROXIES, Severity.ERROR, "every proxy uses the newest configuration"),
    MV0303(Category.PROXIES, Severity.WARNING, "every workload is ready"),

    MV0401(Category.GATEWAYS, Severity.ERROR, "the gateway is connected to its control plane"),
    MV0402(Category.GATEWAYS, Severity.ERROR, "the link is active"),
    MV0403(Category.GATEWAYS, Severity.ERROR, "the peer knows the link too"),
    MV0404(Category.GATEWAYS, Severity.ERROR, "the peer's gateway answers with its identity"),
    MV0405(Category.GATEWAYS, Severity.ERROR, "the peer's version goes with that of this mesh"),

    MV0501(Category.PROBES, Severity.CRITICAL, "a call inside the cluster arrives over mTLS"),
    MV0502(Category.PROBES, Severity.CRITICAL, "a call to the peer arrives through the gateways over mTLS"),

    MV0601(Category.CONFIGURATION, Severity.ERROR, "routes name versions that can serve"),
    MV0602(Category.CONFIGURATION, Severity.WARNING, "exported services have ready workloads"),
    MV0603(Category.CONFIGURATION, Severity.ERROR, "no stored resource was set aside as broken");

    private final Category category;
    private final Severity severity;
    private final String title;

    Check(Category category, Severity severity, String title) {
        this.category = category;
        this.severity = severity;
        this.title = title;
    }

    public Category category() {
        return category;
    }

    /** How bad it is when this check fails. */
    public Severity severity() {
        return severity;
    }

    /** What holds when the check passes, in a few words. */
    public String title() {
        return title;
    }

    /** What a check is about. */
    public enum Category {
        CONTROL_PLANE("control plane"),
        TRUST("trust"),
        PROXIES("proxies"),
        GATEWAYS("gateways"),
        PROBES("probes"),
        CONFIGURATION("configuration");

        private final String word;

        Category(String word) {
            this.word = word;
        }

        @Override
        public String toString() {
            return word;
        }
    }

    /** What a failure means. */
    public enum Severity {
        /** Calls fail, or will. */
        CRITICAL,
        /** Something that was asked for does not hold. */
        ERROR,
        /** Worth knowing. */
        WARNING
    }
}
