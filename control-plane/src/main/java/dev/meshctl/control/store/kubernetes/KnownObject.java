package dev.meshctl.control.store.kubernetes;

import dev.meshctl.api.resource.Resource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import java.util.Optional;

/**
 * An object of the API server and what was made of it, as of one moment: never what one of its versions says beside another.
 *
 * @param object the newest that is known
 * @param inUse what it says; while that cannot be understood, what it said before
 * @param problem what keeps it from being understood, for its owner
 */
public record KnownObject(GenericKubernetesResource object, Optional<Resource> inUse, Optional<String> problem) {}
