package dev.meshctl.cli.platform.kubernetes;

import dev.meshctl.cli.platform.Platform.ComponentProcess;
import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.ContainerStateWaiting;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodStatus;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A pod as a row of {@code status}. */
final class PodProcess {
    private PodProcess() {}

    static ComponentProcess of(String deployment, Pod pod) {
        PodStatus status = Objects.requireNonNullElseGet(pod.getStatus(), PodStatus::new);
        List<ContainerStatus> containers = Objects.requireNonNullElse(status.getContainerStatuses(), List.of());
        int restarts = containers.stream().mapToInt(c -> Objects.requireNonNullElse(c.getRestartCount(), 0)).sum();
        return new ComponentProcess(deployment + "/" + pod.getMetadata().getName(), 0, isReady(status), false,
                containers.stream().anyMatch(c -> "CrashLoopBackOff".equals(waiting(c))), restarts,
                reason(status, containers), started(status), addresses(pod, status), image(pod));
    }

    /** It is being deleted, or has ended and stays only to be looked at: another one does its work, or is missing. */
    static boolean isLeaving(Pod pod) {
        String phase = pod.getStatus() == null ? "" : Objects.requireNonNullElse(pod.getStatus().getPhase(), "");
        return pod.getMetadata().getDeletionTimestamp() != null || phase.equals("Failed") || phase.equals("Succeeded");
    }

    private static boolean isReady(PodStatus status) {
        return status.getConditions() != null && status.getConditions().stream()
                .anyMatch(condition -> "Ready".equals(condition.getType()) && "True".equals(condition.getStatus()));
    }

    // What keeps it from running now, else why it ended the last time.
    private static String reason(PodStatus status, List<ContainerStatus> containers) {
        Optional<String> now = containers.stream().map(ContainerStatus::getState).filter(Objects::nonNull)
                .map(ContainerState::getWaiting).filter(Objects::nonNull).map(PodProcess::inWords).findFirst();
        Optional<String> last = containers.stream().map(ContainerStatus::getLastState).filter(Objects::nonNull)
                .map(ContainerState::getTerminated).filter(Objects::nonNull).map(PodProcess::inWords).findFirst();
        if (now.isPresent() && last.isPresent()) {
            return now.get() + "; " + last.get();
        }
        return now.or(() -> last).or(() -> unscheduled(status)).orElse(Objects.requireNonNullElse(status.getMessage(), ""));
    }

    private static Optional<String> unscheduled(PodStatus status) {
        return status.getConditions() == null ? Optional.empty() : status.getConditions().stream()
                .filter(condition -> "PodScheduled".equals(condition.getType()) && "False".equals(condition.getStatus()))
                .map(condition -> condition.getReason() + ": " + condition.getMessage()).findFirst();
    }

    private static String inWords(ContainerStateWaiting waiting) {
        String message = Objects.requireNonNullElse(waiting.getMessage(), "");
        return waiting.getReason() + (message.isEmpty() ? "" : ": " + message);
    }

    private static String inWords(ContainerStateTerminated ended) {
        String message = Objects.requireNonNullElse(ended.getMessage(), "").strip();
        return "last ended: " + ended.getReason() + " (exit " + ended.getExitCode() + ")" + (message.isEmpty() ? "" : ": " + message);
    }

    private static @Nullable String waiting(ContainerStatus status) {
        return status.getState() == null || status.getState().getWaiting() == null ? null
                : status.getState().getWaiting().getReason();
    }

    private static long started(PodStatus status) {
        String time = status.getStartTime();
        return time == null || !"Running".equals(status.getPhase()) ? 0 : Instant.parse(time).toEpochMilli();
    }

    private static List<String> addresses(Pod pod, PodStatus status) {
        if (status.getPodIP() == null || status.getPodIP().isEmpty()) {
            return List.of();
        }
        String ip = status.getPodIP().contains(":") ? "[" + status.getPodIP() + "]" : status.getPodIP();
        return pod.getSpec().getContainers().stream().flatMap(container -> container.getPorts().stream())
                .map(port -> ip + ":" + port.getContainerPort()).toList();
    }

    private static String image(Pod pod) {
        return pod.getSpec().getContainers().stream().findFirst().map(container -> tag(container.getImage())).orElse("");
    }

    /** The tag of an image reference, empty if there is none. */
    static String tag(@Nullable String image) {
        if (image == null) {
            return "";
        }
        String name = image.split("@", 2)[0];
        int colon = name.lastIndexOf(':');
        return colon < name.lastIndexOf('/') + 1 ? "" : name.substring(colon + 1);
    }
}
