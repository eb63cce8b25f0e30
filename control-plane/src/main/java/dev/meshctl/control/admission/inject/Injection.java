package dev.meshctl.control.admission.inject;

import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/** What came of one object. */
public sealed interface Injection {

    /**
     * The object was changed.
     *
     * @param object a new tree; the given one is as it was
     * @param warnings what the owner of the pod should know, one line each
     */
    record Changed(ObjectNode object, List<String> warnings) implements Injection {
        public Changed {
            warnings = List.copyOf(warnings);
        }
    }

    /**
     * Nothing is to be done with the object.
     *
     * @param because a sentence for people, with what decided
     */
    record LeftAlone(Reason reason, String because) implements Injection {}

    /**
     * The proxy should be in this pod and cannot be.
     *
     * @param faults never empty
     */
    record Refused(List<Fault> faults) implements Injection {
        public Refused {
            faults = List.copyOf(faults);
        }
    }

    /** Why an object is left alone. The word is stable: it is counted under and audited. */
    enum Reason {
        NOT_A_WORKLOAD("not-a-workload"),
        NOT_ENABLED("not-enabled"),
        OPTED_OUT("opted-out"),
        OTHER_REVISION("other-revision"),
        SYSTEM_NAMESPACE("system-namespace"),
        HOST_NETWORK("host-network"),
        ALREADY_INJECTED("already-injected"),
        OWN_SIDECAR("own-sidecar"),
        OTHER_MESH("other-mesh"),
        WINDOWS("windows"),
        STATIC_POD("static-pod"),
        NOT_INJECTED("not-injected");

        private final String word;

        Reason(String word) {
            this.word = word;
        }

        public String word() {
            return word;
        }
    }
}
