/** What the parts of one request's way through the proxy cost, each alone. */
@NullMarked
package dev.meshctl.benchmarks;

import org.jspecify.annotations.NullMarked;
