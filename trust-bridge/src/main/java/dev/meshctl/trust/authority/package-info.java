/** Root and issuing key, and what they sign. */
@NullMarked
package dev.meshctl.trust.authority;

import org.jspecify.annotations.NullMarked;
