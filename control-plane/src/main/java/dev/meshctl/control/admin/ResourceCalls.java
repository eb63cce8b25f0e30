package dev.meshctl.control.admin;

import com.google.protobuf.ByteString;
import dev.meshctl.api.proto.admin.ApplyRequest;
import dev.meshctl.api.proto.admin.ApplyResponse;
import dev.meshctl.api.proto.admin.ApplyResult;
import dev.meshctl.api.proto.admin.DeleteRequest;
import dev.meshctl.api.proto.admin.DeleteResponse;
import dev.meshctl.api.proto.admin.GetRequest;
import dev.meshctl.api.proto.admin.GetResponse;
import dev.meshctl.api.resource.InvalidResource;
import dev.meshctl.api.resource.Kind;
import dev.meshctl.api.resource.Kinds;
import dev.meshctl.api.resource.Nearest;
import dev.meshctl.api.resource.Resource;
import dev.meshctl.api.resource.ResourceKey;
import dev.meshctl.api.resource.ResourceParser;
import dev.meshctl.api.resource.ResourceWriter;
import dev.meshctl.api.resource.TrafficShift;
import dev.meshctl.control.snapshot.ContentHash;
import dev.meshctl.control.status.ResourceStates;
import dev.meshctl.control.store.AuditLog;
import dev.meshctl.control.store.Change;
import dev.meshctl.control.store.ConflictException;
import dev.meshctl.control.store.Outcome;
import dev.meshctl.control.store.ResourceStore;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** Get, apply and delete. */
final class ResourceCalls {
    private static final int MAX_RESOURCES = 1000;

    private final ResourceStore store;
    private final Admission admission;
    private final AuditLog audit;
    private final ResourceStates states;
    private final Map<Kind, Supplier<List<? extends Resource>>> derived;

    /** @param derived kinds whose resources, or whose status, are not the store's */
    ResourceCalls(
            ResourceStore store,
            Admission admission,
            AuditLog audit,
            ResourceStates states,
            Map<Kind, Supplier<List<? extends Resource>>> derived) {
        this.store = store;
        this.states = states;
        this.admission = admission;
        this.audit = audit;
        this.derived = Map.copyOf(derived);
    }

    GetResponse get(GetRequest request) throws Refused {
        List<Kind> kinds = request.getKind().isEmpty() ? Kinds.ALL : List.of(kind(request.getKind()));
        List<Resource> found = kinds.stream()
                .<Resource>flatMap(this::all)
                .filter(r -> request.getNamespace().isEmpty() || r.metadata().namespace().equals(request.getNamespace()))
                .sorted(Comparator.comparing(Resource::key))
                .toList();
        if (!request.getName().isEmpty()) {
            List<Resource> named = found.stream().filter(r -> r.metadata().name().equals(request.getName())).toList();
            if (named.isEmpty()) {
                throw notFound(request.getKind(), request.getNamespace(), request.getName(), found);
            }
            found = named;
        }
        Function<Resource, String> state = states.now();
        List<String> said = found.stream().map(state).toList();
        String digest = digest(found, said);
        return request.getKnownDigest().equals(digest) ? GetResponse.newBuilder().setDigest(digest).setUnchanged(true).build()
                : GetResponse.newBuilder().addAllResources(found.stream().map(ResourceWriter::json).toList())
                        .addAllStates(said).setDigest(digest).build();
    }

    /** By versions, where resources have one: whoever watches asks every second. */
    private static String digest(List<Resource> resources, List<String> states) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < resources.size(); i++) {
            Resource resource = resources.get(i);
            String version = resource.metadata().resourceVersion();
            text.append(resource.key()).append('\n').append(version.isEmpty() ? ResourceWriter.json(resource) : version)
                    .append('\n').append(states.get(i)).append('\n');
        }
        return ContentHash.of(ByteString.copyFromUtf8(text.toString()));
    }

    private Stream<? extends Resource> all(Kind kind) {
        Supplier<List<? extends Resource>> source = derived.get(kind);
        return source != null ? source.get().stream() : store.all(kind.type()).stream();
    }

    private static Kind kind(String typed) throws Refused {
        Optional<Kind> kind = Kinds.find(typed);
        if (kind.isPresent()) {
            return kind.get();
        }
        List<String> words = Kinds.ALL.stream()
                .flatMap(k -> Stream.concat(Stream.of(k.singular(), k.plural()), k.shortNames().stream()))
                .toList();
        String known = String.join(", ", Kinds.ALL.stream().map(Kind::plural).toList());
        throw Refused.invalid("there is no kind \"" + typed + "\"; "
                + Nearest.to(typed, words).map(word -> "did you mean " + word + "?").orElse("known: " + known));
    }

    private static Refused notFound(String kind, String namespace, String name, List<Resource> others) {
        List<String> names = others.stream().map(r -> r.metadata().name()).distinct().toList();
        String where = namespace.isEmpty() ? name : namespace + "/" + name;
        return Refused.notFound("there is no " + kind + " " + where
                + Nearest.to(name, names).map("; did you mean %s?"::formatted).orElse(""));
    }

    ApplyResponse apply(ApplyRequest request, String peer) throws Refused, ConflictException, IOException {
        List<Resource> resources = parse(request);
        Admission.Review review = admission.review(resources);
        if (!review.errors().isEmpty()) {
            throw Refused.invalid(String.join("\n", review.errors()));
        }
        List<Change> changes = resources.stream().<Change>map(Change.Apply::new).toList();
        List<Outcome> outcomes = request.getDryRun() ? store.preview(changes) : store.write(changes);
        ApplyResponse.Builder response = ApplyResponse.newBuilder();
        for (Outcome outcome : outcomes) {
            if (!request.getDryRun() && outcome.changed()) {
                audit.record(actor(peer, request.getActor()), outcome.action(), outcome.key().toString());
            }
            response.addResults(ApplyResult.newBuilder()
                    .setKind(outcome.key().kind())
                    .setNamespace(outcome.key().namespace())
                    .setName(outcome.key().name())
                    .setAction(outcome.action())
                    .addAllWarnings(review.warnings().getOrDefault(outcome.key(), List.of())));
        }
        return response.build();
    }

    private static List<Resource> parse(ApplyRequest request) throws Refused {
        if (request.getResourcesCount() == 0) {
            throw Refused.invalid("there is nothing to apply");
        }
        if (request.getResourcesCount() > MAX_RESOURCES) {
            throw Refused.invalid("at most " + MAX_RESOURCES + " resources can be applied at once, not "
                    + request.getResourcesCount() + "; apply them in parts");
        }
        List<Resource> resources = new ArrayList<>();
        Set<ResourceKey> keys = new HashSet<>();
        List<String> problems = new ArrayList<>();
        for (int i = 0; i < request.getResourcesCount(); i++) {
            try {
                Resource resource = ResourceParser.parseOne("resources[" + i + "]", request.getResources(i), "default");
                resources.add(resource);
                if (!keys.add(resource.key())) {
                    problems.add(resource.key() + " is there twice");
                }
            } catch (InvalidResource e) {
                problems.add(String.valueOf(e.getMessage()));
            }
        }
        if (!problems.isEmpty()) {
            throw Refused.invalid(String.join("\n", problems));
        }
        return resources;
    }

    DeleteResponse delete(DeleteRequest request, String peer) throws Refused, ConflictException, IOException {
        Kind kind = kind(request.getKind());
        ResourceKey key = new ResourceKey(kind.name(), request.getNamespace(), request.getName());
        if (kind.equals(Kinds.MESH_LINK)) {
            throw Refused.precondition("a link is ended with `meshctl link remove " + request.getName()
                    + "`, which also ends the trust in the peer");
        }
        if (kind.equals(Kinds.WORKLOAD) || kind.equals(Kinds.SERVICE_IMPORT)) {
            throw Refused.precondition(kind.plural() + " are reported to the control plane and cannot be deleted; "
                    + (kind.equals(Kinds.WORKLOAD) ? "end the process" : "remove the export in the other cluster"));
        }
        Optional<Resource> stored = store.get(key);
        if (stored.isEmpty()) {
            List<Resource> others = new ArrayList<>(store.all(kind.type()));
            others.removeIf(r -> !r.metadata().namespace().equals(request.getNamespace()));
            throw notFound(kind.name(), request.getNamespace(), request.getName(), others);
        }
        if (stored.get() instanceof TrafficShift shift && !shift.status().phase().ended()
                && shift.status().phase() != TrafficShift.Phase.PENDING) {
            throw Refused.precondition(key + " is under way; end it first with `meshctl traffic rollback "
                    + key.name() + " -n " + key.namespace() + "`");
        }
        if (!request.getDryRun()) {
            store.write(List.of(new Change.Remove(key)));
            audit.record(actor(peer, request.getActor()), "deleted", key.toString());
        }
        return DeleteResponse.getDefaultInstance();
    }

    /** Who is authenticated, and who says so of himself. */
    static String actor(String peer, String named) {
        return named.isEmpty() ? peer : named + " as " + peer;
    }
}
