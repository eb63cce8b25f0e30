/** SVIDs of this process and how they are got, kept and renewed. */
@NullMarked
package dev.meshctl.runtime.identity;

import org.jspecify.annotations.NullMarked;
