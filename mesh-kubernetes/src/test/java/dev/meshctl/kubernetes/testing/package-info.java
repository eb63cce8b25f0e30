/** What tests of whoever talks to an API server share. */
@NullMarked
package dev.meshctl.kubernetes.testing;

import org.jspecify.annotations.NullMarked;
