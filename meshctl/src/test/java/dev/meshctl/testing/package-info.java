/** Several clusters in one JVM, for integration tests. */
@NullMarked
package dev.meshctl.testing;

import org.jspecify.annotations.NullMarked;
