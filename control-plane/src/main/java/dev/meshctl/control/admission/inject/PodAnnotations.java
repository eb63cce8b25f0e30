package dev.meshctl.control.admission.inject;

import dev.meshctl.api.resource.Nearest;
import dev.meshctl.control.admission.inject.Tuning.Excludes;
import dev.meshctl.control.admission.inject.Tuning.Resources;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.Function;
import java.util.stream.Stream;

/** The annotations of a pod that the mesh knows. All others with its prefix are faults, since a misspelt one does nothing. */
public final class PodAnnotations {
    /** Of all labels and annotations of the mesh. */
    public static final String PREFIX = "meshctl.dev/";
    /** Label of a pod or namespace, or annotation of a pod: {@code enabled} or {@code disabled}. */
    public static final String INJECT = PREFIX + "inject";
    /** Label of a pod or namespace: the revision of the control plane that injects it. */
    public static final String REVISION = PREFIX + "revision";
    /** Written by injection: what it did, for taking it back. */
    public static final String INJECTED = PREFIX + "injected";

    public static final String EXCLUDE_INBOUND_PORTS = PREFIX + "exclude-inbound-ports";
    public static final String EXCLUDE_INBOUND_CIDRS = PREFIX + "exclude-inbound-cidrs";
    public static final String EXCLUDE_OUTBOUND_PORTS = PREFIX + "exclude-outbound-ports";
    public static final String EXCLUDE_OUTBOUND_CIDRS = PREFIX + "exclude-outbound-cidrs";
    public static final String REWRITE_PROBES = PREFIX + "rewrite-probes";
    public static final String LOG_LEVEL = PREFIX + "proxy-log-level";
    public static final String DRAIN_SECONDS = PREFIX + "proxy-drain-seconds";
    public static final String REDIRECT_BACKEND = PREFIX + "redirect-backend";
    public static final String CPU_REQUEST = PREFIX + "proxy-cpu-request";
    public static final String CPU_LIMIT = PREFIX + "proxy-cpu-limit";
    public static final String MEMORY_REQUEST = PREFIX + "proxy-memory-request";
    public static final String MEMORY_LIMIT = PREFIX + "proxy-memory-limit";

    /** All of them. */
    public static final List<String> KNOWN = List.of(INJECT, INJECTED, EXCLUDE_INBOUND_PORTS, EXCLUDE_INBOUND_CIDRS,
            EXCLUDE_OUTBOUND_PORTS, EXCLUDE_OUTBOUND_CIDRS, REWRITE_PROBES, LOG_LEVEL, DRAIN_SECONDS, REDIRECT_BACKEND,
            CPU_REQUEST, CPU_LIMIT, MEMORY_REQUEST, MEMORY_LIMIT);

    private final Map<String, String> annotations;
    private final Faults faults;

    private PodAnnotations(Map<String, String> annotations, Faults faults) {
        this.annotations = annotations;
        this.faults = faults;
    }

    /** What the pod asks for, over the defaults. What is wrong goes to the faults; the default stands for it. */
    static Tuning read(Map<String, String> annotations, Tuning defaults, Faults faults) {
        PodAnnotations reader = new PodAnnotations(annotations, faults);
        reader.unknown();
        return new Tuning(
                reader.excludes(EXCLUDE_INBOUND_PORTS, EXCLUDE_INBOUND_CIDRS, defaults.inbound()),
                reader.excludes(EXCLUDE_OUTBOUND_PORTS, EXCLUDE_OUTBOUND_CIDRS, defaults.outbound()),
                reader.resources(defaults.resources()),
                reader.value(REWRITE_PROBES, defaults.rewriteProbes(), text -> oneOf(text, List.of("true", "false")).equals("true")),
                reader.value(LOG_LEVEL, defaults.logLevel(), text -> oneOf(text, Tuning.LOG_LEVELS)),
                reader.value(REDIRECT_BACKEND, defaults.redirectBackend(), text -> oneOf(text, Tuning.BACKENDS)),
                reader.value(DRAIN_SECONDS, defaults.drainSeconds(), PodAnnotations::drainSeconds));
    }

    /** The path of an annotation in its pod. */
    static String path(String annotation) {
        return "metadata.annotations[" + annotation + "]";
    }

    private void unknown() {
        List<String> names = KNOWN.stream().map(name -> name.substring(PREFIX.length())).toList();
        annotations.keySet().stream()
                .filter(name -> name.startsWith(PREFIX) && !KNOWN.contains(name))
                .forEach(name -> faults.add(path(name), "unknown annotation",
                        Nearest.to(name.substring(PREFIX.length()), names)
                                .map(near -> "did you mean \"%s%s\"?".formatted(PREFIX, near))
                                .orElseGet(() -> "known: " + String.join(", ",
                                        KNOWN.stream().filter(known -> !known.equals(INJECTED)).toList()))));
    }

    private Excludes excludes(String ports, String cidrs, Excludes defaults) {
        return defaults.and(value(ports, List.of(), PortList::parse), value(cidrs, List.of(), Cidr::parse));
    }

    private Resources resources(Resources defaults) {
        Resources asked = new Resources(
                value(CPU_REQUEST, defaults.cpuRequest(), Quantity::cpu),
                value(MEMORY_REQUEST, defaults.memoryRequest(), Quantity::memory),
                value(CPU_LIMIT, defaults.cpuLimit(), Quantity::cpu),
                value(MEMORY_LIMIT, defaults.memoryLimit(), Quantity::memory));
        return new Resources(
                within(asked.cpuRequest(), asked.cpuLimit(), CPU_REQUEST, CPU_LIMIT),
                within(asked.memoryRequest(), asked.memoryLimit(), MEMORY_REQUEST, MEMORY_LIMIT),
                asked.cpuLimit(), asked.memoryLimit());
    }

    /** A limit that is set below the default request lowers the request; two that contradict each other are a fault. */
    private String within(String request, String limit, String requestName, String limitName) {
        boolean over = !request.isEmpty() && !limit.isEmpty()
                && Quantity.parse(request).compareTo(Quantity.parse(limit)) > 0;
        if (over && annotations.containsKey(requestName)) {
            faults.add(path(requestName), "%s is more than the limit of %s".formatted(Faults.quoted(request), limit),
                    "set \"" + limitName + "\" higher");
        }
        return over ? limit : request;
    }

    private <T> T value(String name, T missing, Function<String, T> parser) {
        String text = annotations.get(name);
        if (text == null) {
            return missing;
        }
        try {
            return parser.apply(text.strip());
        } catch (IllegalArgumentException e) {
            faults.add(path(name), String.valueOf(e.getMessage()), "");
            return missing;
        }
    }

    private static OptionalInt drainSeconds(String text) {
        boolean number = !text.isEmpty() && text.length() <= 5 && text.chars().allMatch(c -> c >= '0' && c <= '9');
        if (!number || Integer.parseInt(text) > Tuning.MAX_DRAIN_SECONDS) {
            throw new IllegalArgumentException("expected whole seconds from 0 to %d, found %s"
                    .formatted(Tuning.MAX_DRAIN_SECONDS, Faults.quoted(text)));
        }
        return OptionalInt.of(Integer.parseInt(text));
    }

    static String oneOf(String text, List<String> words) {
        if (words.contains(text)) {
            return text;
        }
        String near = Nearest.to(text, words).map(word -> "; did you mean \"" + word + "\"?").orElse("");
        throw new IllegalArgumentException(
                "expected %s, found %s%s".formatted(String.join(" or ", words), Faults.quoted(text), near));
    }

    /** Labels with the mesh's prefix that nothing reads: perhaps misspelt, so worth a warning. */
    static List<String> strangeLabels(Map<String, String> labels) {
        List<String> known = List.of("inject", "revision");
        return labels.keySet().stream().filter(name -> name.startsWith(PREFIX))
                .map(name -> name.substring(PREFIX.length()))
                .filter(name -> !known.contains(name))
                .flatMap(name -> Nearest.to(name, known).stream()
                        .map(near -> "label %s%s is not known; did you mean %s%s?".formatted(PREFIX, name, PREFIX, near)))
                .toList();
    }

    /** The mesh's annotations of a workload that belong on its pods. */
    static Stream<String> misplaced(Map<String, String> ofWorkload) {
        return ofWorkload.keySet().stream().filter(name -> name.startsWith(PREFIX));
    }
}
