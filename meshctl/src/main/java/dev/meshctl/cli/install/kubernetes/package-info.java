/**
 * The mesh on a Kubernetes cluster. What is installed is rendered from values ({@code values}, {@code crd},
 * {@code render}: pure, without a cluster and without I/O but for the resources of this jar); {@code precheck},
 * {@code diff}, {@code apply} and {@code checkpoint} are the pieces of bringing it into a cluster, and {@code operate} puts
 * them together to what a user asks for.
 */
@NullMarked
package dev.meshctl.cli.install.kubernetes;

import org.jspecify.annotations.NullMarked;
