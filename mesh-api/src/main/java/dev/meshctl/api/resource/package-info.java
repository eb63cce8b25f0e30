/**
 * What users write and the control plane keeps: the kinds of the mesh as immutable records, and their
 * Kubernetes-style YAML and JSON form. Every record checks itself when it is made; {@link
 * dev.meshctl.api.resource.ResourceParser} reads text and says what is wrong where; {@link
 * dev.meshctl.api.resource.ResourceWriter} writes it.
 */
@NullMarked
package dev.meshctl.api.resource;

import org.jspecify.annotations.NullMarked;
