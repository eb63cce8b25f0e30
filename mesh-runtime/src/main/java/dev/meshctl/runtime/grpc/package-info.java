/** gRPC over mutual TLS with SVIDs. */
@NullMarked
package dev.meshctl.runtime.grpc;

import org.jspecify.annotations.NullMarked;
