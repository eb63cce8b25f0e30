/** What the parts of the data path share: scopes, limits, discovery, records of what happened. */
@NullMarked
package dev.meshctl.proxy.flow;

import org.jspecify.annotations.NullMarked;
