/**
 * Objects of a Kubernetes cluster as trees: read, applied by the server, deleted. What an API server refuses comes as an
 * {@link dev.meshctl.kubernetes.failure.ApiException}.
 */
@NullMarked
package dev.meshctl.cli.install.kubernetes.api;

import org.jspecify.annotations.NullMarked;
