/** Fixtures for the tests of every module. */
@NullMarked
package dev.meshctl.runtime.testing;

import org.jspecify.annotations.NullMarked;
