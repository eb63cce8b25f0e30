package dev.meshctl.kubernetes.failure;

import io.fabric8.kubernetes.api.model.StatusCause;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The owners that a conflict of server-side apply names, one cause each. */
final class FieldOwners {
    // structured-merge-diff: conflict with "kubectl-edit" using apps/v1 at 2026-01-01T00:00:00Z
    private static final Pattern MANAGER = Pattern.compile("conflict with \"(?<manager>[^\"]+)\"");
    private static final int MAX_FIELDS_TOLD = 6;

    private FieldOwners() {}

    static List<FieldOwner> of(List<StatusCause> causes) {
        return causes.stream().map(FieldOwners::owner).flatMap(Optional::stream).toList();
    }

    private static Optional<FieldOwner> owner(StatusCause cause) {
        if (!"FieldManagerConflict".equals(cause.getReason())) {
            return Optional.empty();
        }
        Matcher found = MANAGER.matcher(Words.oneLine(cause.getMessage()));
        return Optional.of(new FieldOwner(found.find() ? found.group("manager") : "another field manager",
                Words.oneLine(cause.getField())));
    }

    static String inWords(List<FieldOwner> owners) {
        Map<String, List<String>> fields = new LinkedHashMap<>();
        owners.forEach(owner -> fields.computeIfAbsent(owner.manager(), m -> new ArrayList<>()).add(owner.field()));
        return fields.entrySet().stream()
                .map(entry -> "\"" + entry.getKey() + "\" owns " + list(entry.getValue()))
                .collect(Collectors.joining("; "));
    }

    private static String list(List<String> fields) {
        String first = String.join(", ", fields.subList(0, Math.min(MAX_FIELDS_TOLD, fields.size())));
        int rest = fields.size() - MAX_FIELDS_TOLD;
        return rest > 0 ? first + " and " + rest + " more" : first;
    }
}
