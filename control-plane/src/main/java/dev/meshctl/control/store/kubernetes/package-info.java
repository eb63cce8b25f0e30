/** Resources in the API server of a Kubernetes cluster. */
@NullMarked
package dev.meshctl.control.store.kubernetes;

import org.jspecify.annotations.NullMarked;
