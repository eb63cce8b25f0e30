/**
 * The custom resources of the mesh: one definition for each kind of {@code meshctl.dev} that a Kubernetes cluster keeps,
 * with the fields, bounds and words of {@code dev.meshctl.api.resource}. What is a valid object there is valid by
 * the schema; the schema is looser where OpenAPI and CEL cannot say it, and the control plane's webhook says the rest.
 */
@NullMarked
package dev.meshctl.cli.install.kubernetes.crd;

import org.jspecify.annotations.NullMarked;
