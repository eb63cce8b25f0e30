/** Clients of Kubernetes API servers: bounded in time, on the JDK's HTTP client. */
@NullMarked
package dev.meshctl.kubernetes.client;

import org.jspecify.annotations.NullMarked;
