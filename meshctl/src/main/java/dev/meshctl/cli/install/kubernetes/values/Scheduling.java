package dev.meshctl.cli.install.kubernetes.values;

import java.util.List;
import java.util.Map;

/** Where the mesh's own pods run. */
public record Scheduling(
        @Setting(doc = "Over zones and nodes: `None`; `Preferred`, as far as it goes; or `Required`, over nodes or not at"
                + " all, over zones as far as it goes.", is = "Preferred", minimal = "None", ha = "Required")
        Spread spread,
        @Setting(doc = "Labels that nodes must have.", is = "{}", format = Format.LABEL_VALUE) Map<String, String> nodeSelector,
        @Setting(doc = "Taints of nodes that are no obstacle.", is = "[]") List<Toleration> tolerations,
        @Setting(doc = "Class of priority of the pods; empty: the cluster's default.", format = Format.SUBDOMAIN)
        String priorityClassName) {
    /** How replicas are kept apart. */
    public enum Spread { NONE, PREFERRED, REQUIRED }

    /** A taint that is no obstacle. */
    public record Toleration(
            @Setting(doc = "Of the taint; empty with `Exists`: every taint.", format = Format.QUALIFIED_NAME) String key,
            @Setting(doc = "`Equal` or `Exists`.", is = "Equal") Operator operator,
            @Setting(doc = "Of the taint, for `Equal`.", format = Format.LABEL_VALUE) String value,
            @Setting(doc = "`NoSchedule`, `PreferNoSchedule`, `NoExecute`, or `All`.", is = "All") Effect effect) {
        /** How key and value are compared. */
        public enum Operator { EQUAL, EXISTS }

        /** What the taint does. */
        public enum Effect { ALL, NO_SCHEDULE, PREFER_NO_SCHEDULE, NO_EXECUTE }

        public Toleration {
            if (operator == Operator.EXISTS && !value.isEmpty()) {
                throw new WrongSetting("value", "must be empty with operator Exists");
            }
            if (operator == Operator.EQUAL && key.isEmpty()) {
                throw new WrongSetting("key", "must be set with operator Equal");
            }
        }
    }
}
