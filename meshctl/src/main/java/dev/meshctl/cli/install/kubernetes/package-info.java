/**
 * What is installed on a Kubernetes cluster, as objects that are rendered from values: pure, without a cluster and
 * without I/O but for the resources of this jar.
 */
@NullMarked
package dev.meshctl.cli.install.kubernetes;

import org.jspecify.annotations.NullMarked;
