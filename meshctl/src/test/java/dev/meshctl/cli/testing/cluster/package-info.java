/**
 * A Kubernetes cluster of one node for tests: an API server that checks tokens, permissions, schemas and webhooks, the
 * controllers that an installation relies on, and a kubelet that runs containers as processes, each pod in a network
 * namespace of its own. Needs root on Linux.
 */
@NullMarked
package dev.meshctl.cli.testing.cluster;

import org.jspecify.annotations.NullMarked;
