package dev.meshctl.kubernetes.failure;

import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.api.model.StatusCause;
import io.fabric8.kubernetes.api.model.StatusDetails;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Reads the {@code Status} that an API server answers with (meta/v1, StatusReason and CauseType). */
final class StatusReading {
    private static final Pattern WEBHOOK = Pattern.compile("(?:admission )?webhook \"(?<name>[^\"]+)\"");

    private final String what;
    private final int code;
    private final String reason;
    private final String message;
    private final String said;
    private final List<StatusCause> causes;
    private final Optional<StatusDetails> details;

    private StatusReading(KubernetesClientException answer, String what) {
        Optional<Status> status = Optional.ofNullable(answer.getStatus());
        this.what = what;
        this.code = answer.getCode();
        this.reason = status.map(Status::getReason).orElse("");
        this.message = Optional.ofNullable(status.map(Status::getMessage).orElse(answer.getMessage())).orElse("");
        this.said = Words.oneLine(message);
        this.details = status.map(Status::getDetails);
        this.causes = details.map(StatusDetails::getCauses).orElse(List.of());
    }

    static ApiFailure of(KubernetesClientException answer, String what) {
        return new StatusReading(answer, what).read();
    }

    private ApiFailure read() {
        if (said.contains("because it is being terminated")
                || causes.stream().anyMatch(cause -> "NamespaceTerminating".equals(cause.getReason()))) {
            return told(Cause.NAMESPACE_TERMINATING, "the namespace is being deleted and takes nothing new",
                    "wait until it is gone, or see what holds it: kubectl get namespace NAME -o jsonpath={.status.conditions}");
        }
        if (said.contains("failed calling webhook")) {
            return told(Cause.WEBHOOK_DOWN, said, "start what serves webhook " + webhook()
                    + " again, or remove its configuration if it was left behind: kubectl get"
                    + " mutatingwebhookconfigurations,validatingwebhookconfigurations");
        }
        if (said.contains("denied the request")) {
            return told(Cause.REFUSED_BY_POLICY, said, "change the object as webhook " + webhook() + " asks");
        }
        return byCode();
    }

    private ApiFailure byCode() {
        return switch (code) {
            case 400 -> told(Cause.INVALID, said, "correct the object");
            case 401 -> told(Cause.UNAUTHENTICATED, "the API server does not take the credentials; they may have expired",
                    "log in to the cluster again; check with: kubectl auth whoami");
            case 403 -> forbidden();
            case 404, 405 -> notFound();
            case 409 -> conflict();
            case 410 -> told(Cause.GONE, "the API server no longer keeps the version asked for", "list again");
            case 415, 422 -> invalid();
            case 429 -> told(Cause.THROTTLED, "the API server takes no more requests now" + after(),
                    "run it again later");
            case 504 -> told(Cause.TIMEOUT, Words.orElse(said, "no answer in time"), "run it again");
            case 500 -> message.contains("failed to create typed patch object")
                    ? told(Cause.INVALID, said, "correct the object") : serverError();
            default -> code >= 500 ? serverError()
                    : told(Cause.OTHER, "the API server answers " + code + (said.isEmpty() ? "" : ": " + said),
                            "check with: kubectl cluster-info");
        };
    }

    private ApiFailure serverError() {
        return told(Cause.SERVER_ERROR, "the API server answers " + code + (said.isEmpty() ? "" : ": " + said),
                "run it again; if it stays, see the health of the control plane: kubectl get --raw /readyz?verbose");
    }

    private ApiFailure forbidden() {
        Optional<Denied> denied = Denied.in(said);
        if (denied.isPresent()) {
            Denied right = denied.get();
            return new ApiFailure(Cause.FORBIDDEN, what, right.inWords(),
                    "ask who administers the cluster for this right; check with: " + right.check(),
                    denied, List.of(), List.of(), Optional.empty());
        }
        if (said.contains("exceeded quota") || said.contains("violates PodSecurity") || said.contains("LimitRange")) {
            return told(Cause.REFUSED_BY_POLICY, said, "change the object or the policy of the namespace");
        }
        return told(Cause.FORBIDDEN, Words.orElse(said, "the API server does not allow it"),
                "ask who administers the cluster; see your rights with: kubectl auth can-i --list");
    }

    private ApiFailure notFound() {
        String name = details.map(StatusDetails::getName).orElse("");
        boolean unnamed = name == null || name.isEmpty();
        if (code == 405 || (unnamed && said.contains("could not find the requested resource"))) {
            return told(Cause.KIND_UNKNOWN, "the API server does not know the kind", "install its CRD, or upgrade it;"
                    + " see what there is with: kubectl api-resources");
        }
        return told(Cause.NOT_FOUND, Words.orElse(said, "it does not exist"), "check name and namespace");
    }

    private ApiFailure conflict() {
        List<FieldOwner> owners = FieldOwners.of(causes);
        if (!owners.isEmpty()) {
            return new ApiFailure(Cause.OWNED_BY_OTHERS, what, FieldOwners.inWords(owners),
                    "either leave these fields to their owner and change them there, or take them over with"
                            + " --force-conflicts", Optional.empty(), owners, List.of(), Optional.empty());
        }
        return reason.equals("AlreadyExists")
                ? told(Cause.EXISTS, Words.orElse(said, "it exists already"), "take another name, or change what is there")
                : told(Cause.STALE, "it was changed by somebody else since it was read", "run it again");
    }

    private ApiFailure invalid() {
        String fields = FieldProblems.of(causes, "").stream().map(FieldProblem::toString).collect(Collectors.joining("; "));
        String why = Words.oneLine(Words.orElse(fields, said));
        boolean immutable = why.contains("field is immutable") || said.contains("field is immutable")
                || said.contains("may not change once set") || said.contains("updates to statefulset spec for fields other");
        return immutable
                ? told(Cause.IMMUTABLE, why, "delete the object and create it anew, or leave the field as it is")
                : told(Cause.INVALID, why, "correct the named fields");
    }

    private String webhook() {
        Matcher found = WEBHOOK.matcher(said);
        return found.find() ? "\"" + found.group("name") + "\"" : "named there";
    }

    private Optional<Duration> retryAfter() {
        return details.map(StatusDetails::getRetryAfterSeconds).filter(seconds -> seconds > 0).map(Duration::ofSeconds);
    }

    private String after() {
        return retryAfter().map(wait -> "; it asks to wait " + wait.toSeconds() + " s").orElse("");
    }

    private ApiFailure told(Cause cause, String why, String next) {
        List<FieldProblem> fields = switch (cause) {
            case INVALID, IMMUTABLE, REFUSED_BY_POLICY -> FieldProblems.of(causes, message);
            default -> List.of();
        };
        return new ApiFailure(cause, what, why, next, Optional.empty(), List.of(), fields, retryAfter());
    }
}
